import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { addJob, type HistoryEntry, history, listed, makeDue, runNow, waitForHistory } from "../harness/jobs.ts";
import { plantMark, storedState } from "../harness/store.ts";
import { until } from "../harness/until.ts";
import { makeLab, markOf, ourEntries, passes, saidOf } from "./lab.ts";

/** Nothing but the level differs from the defaults: their windows are what is measured. */
const DEFAULTS = { logLevel: "debug" };

test("an orphan of a living gateway is released with default settings", { timeout: 300_000 }, async (t) => {
  await using lab = await makeLab(DEFAULTS);
  const { gateway, home, model } = lab;
  const jobsFile = join(home.stateFolder, "cron", "jobs.json");
  await gateway.start();
  const natural = await addJob(gateway, { name: "natural", prompt: "[[hang]]" });
  const planted = await addJob(gateway, { name: "planted" });
  const main = await addJob(gateway, { name: "main", sessionTarget: "main" });
  const disabled = await addJob(gateway, { name: "disabled", enabled: false });
  const adopted = (id: string) => listed(gateway, id).then(({ state }) => state.runningAtMs !== undefined);

  // The store cannot be read in the moment a timer run ends: what the run did is lost, its mark stays.
  await makeDue(gateway, natural);
  await model.waitForRequest(({ job }) => job === "natural");
  const startedAt = await markOf(gateway, natural);
  await until(
    "the plugin has seen it alive",
    () => saidOf(gateway, natural).some(({ text }) => /^running /.test(text)),
    {
      timeout: 60_000,
    },
  );
  const store = readFileSync(jobsFile);
  writeFileSync(jobsFile, store.subarray(0, 40));
  const broken = gateway.mark();
  model.release();
  const { at: bornAt } = await gateway.waitForLine(/timer tick failed/, { since: broken });
  writeFileSync(jobsFile, store);
  // Overdue, it would be run again as soon as it is free, and while a timer run lives no other mark is released.
  plantMark(home, natural, { nextRunAtMs: Date.now() + 30 * 60_000 });
  const plantedAt = Date.now() - 5 * 60_000;
  for (const id of [planted, main, disabled]) plantMark(home, id, { runningAtMs: plantedAt });
  const adoptedAt = await until("a tick adopts the planted mark", async () => (await adopted(planted)) && Date.now(), {
    timeout: 90_000,
    interval: 20,
  });

  await t.test("until then its job says it is running, refuses to run and has no history", async () => {
    for (const id of [natural, planted]) {
      assert.equal((await listed(gateway, id)).status, "running");
      assert.deepEqual(await runNow(gateway, id), { kind: "refused", reason: "already-running" });
      assert.deepEqual(await history(gateway, id), []);
    }
  });

  const released = async (id: string): Promise<readonly [number, HistoryEntry]> => {
    const [entry] = await waitForHistory(gateway, id, 1, { timeout: 180_000 });
    assert.ok(entry);
    await until("its mark is gone", async () => (await listed(gateway, id)).state.runningAtMs === undefined);
    return [Date.now(), entry];
  };

  await t.test("seen alive before: at most 75 s after its birth", async () => {
    const [at, entry] = await released(natural);
    t.diagnostic(`natural orphan: released ${Math.round((at - bornAt) / 1000)} s after its birth`);
    assert.ok(at - bornAt <= 75_000, `${at - bornAt} ms`);
    // What the gateway has in memory and what it wrote to the file lie some milliseconds apart.
    assert.ok(Math.abs((entry.runAtMs ?? 0) - startedAt) < 50);
    assert.match(entry.error ?? "", /^\[synthesized by openclaw-cron-healer\] run lost: every witness absent/);
  });

  await t.test("never seen alive: at most 120 s after the tick that adopts it", async () => {
    const [at, entry] = await released(planted);
    t.diagnostic(`planted orphan: released ${Math.round((at - adoptedAt) / 1000)} s after its adoption`);
    assert.ok(at - adoptedAt <= 120_000, `${at - adoptedAt} ms`);
    assert.equal(entry.runAtMs, plantedAt);
  });

  await t.test("afterwards both run when asked, and have one entry of ours each", async () => {
    for (const id of [natural, planted]) assert.equal(storedState(home, id).runningAtMs, undefined);
    assert.equal((await runNow(gateway, natural)).kind, "enqueued");
    const asked = await model.waitForRequest(({ job, endedAt }) => job === "natural" && endedAt === undefined);
    model.release(({ id }) => id === asked.id);
    assert.equal((await waitForHistory(gateway, natural, 2))[0]?.status, "ok");
    assert.equal((await runNow(gateway, planted)).kind, "enqueued");
    assert.equal((await waitForHistory(gateway, planted, 2))[0]?.status, "ok");
    await passes(gateway, 1);
    for (const id of [natural, planted]) assert.equal(ourEntries(home, id).length, 1);
  });

  await t.test("the same mark on a main-session job and on a disabled one was never ours to touch", async () => {
    assert.equal((await listed(gateway, main)).state.runningAtMs, plantedAt);
    for (const id of [main, disabled]) {
      assert.deepEqual(ourEntries(home, id), []);
      assert.deepEqual(
        saidOf(gateway, id).map(({ text }) => text),
        [],
      );
    }
  });
});
