import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type Lab, markOf, ourEntries, passes, saidOf } from "../2026-4-14/lab.ts";
import { addJob, history, listed, makeDue, runNow, waitForHistory } from "../harness/jobs.ts";
import { plantMark, storedHistory, storedState } from "../harness/store.ts";
import { until } from "../harness/until.ts";
import { makeLab } from "./lab.ts";

/** The definitions cannot be read while the deed is done: what the scheduler wants to write in it is lost. */
async function withoutDefinitions({ home }: Lab, deed: () => Promise<unknown>): Promise<void> {
  const path = join(home.stateFolder, "cron", "jobs.json");
  const definitions = readFileSync(path);
  writeFileSync(path, definitions.subarray(0, 40));
  try {
    await deed();
  } finally {
    writeFileSync(path, definitions);
  }
}

const asked = ({ model }: Lab, name: string) =>
  model.waitForRequest(({ job, endedAt }) => job === name && endedAt === undefined, { timeout: 30_000 });

const isSeenAlive = async ({ gateway }: Lab, id: string): Promise<void> => {
  const running = (): boolean => saidOf(gateway, id).some(({ text }) => /^running /.test(text));
  await until("the plugin has seen it alive", running, { timeout: 30_000 });
};

test("orphans of a living gateway", { timeout: 400_000 }, async (t) => {
  await using lab = await makeLab();
  const { gateway, home, model } = lab;
  await gateway.start();
  const byTimer = await addJob(gateway, { name: "by-timer", prompt: "[[hang]]" });
  const byHand = await addJob(gateway, { name: "by-hand", prompt: "[[hang]]" });
  const planted = await addJob(gateway, { name: "planted" });
  const main = await addJob(gateway, { name: "main", sessionTarget: "main" });
  const disabled = await addJob(gateway, { name: "disabled", enabled: false });
  const ticker = await addJob(gateway, { name: "ticker" });
  const isFree = (id: string) => async () => (await listed(gateway, id)).state.runningAtMs === undefined;
  const release = async (name: string): Promise<void> => {
    const { id: wanted } = await asked(lab, name);
    model.release(({ id }) => id === wanted);
  };

  /** Only a tick reads the files again; any edit of a job would write the scheduler's memory over them first. */
  const dueUntouched = (id: string) => makeDue(gateway, id, 5000);

  await t.test("a timer run whose end could not be written down is released, with one entry", async () => {
    await makeDue(gateway, byTimer);
    await asked(lab, "by-timer");
    const mark = await markOf(gateway, byTimer);
    await isSeenAlive(lab, byTimer);
    await withoutDefinitions(lab, async () => {
      const since = gateway.mark();
      await release("by-timer");
      await gateway.waitForLine(/timer tick failed/, { since });
    });
    const born = performance.now();
    assert.deepEqual(await runNow(gateway, byTimer), { kind: "refused", reason: "already-running" });
    assert.deepEqual(await history(gateway, byTimer), []);
    const [entry] = await waitForHistory(gateway, byTimer, 1, { timeout: 120_000 });
    t.diagnostic(`natural orphan, timer: released ${Math.round(performance.now() - born)} ms after its birth`);
    assert.ok(Math.abs((entry?.runAtMs ?? 0) - mark) <= 250);
    assert.match(entry?.error ?? "", /^\[synthesized by openclaw-cron-healer\] run lost: every witness absent/);
    await until("its mark is gone", isFree(byTimer));
    assert.equal((await runNow(gateway, byTimer)).kind, "enqueued");
    await release("by-timer");
    assert.equal((await waitForHistory(gateway, byTimer, 2))[0]?.status, "ok");
    assert.equal(ourEntries(home, byTimer).length, 1);
  });

  await t.test("a run by hand whose entry was written loses its mark and gets no second entry", async () => {
    await runNow(gateway, byHand);
    await asked(lab, "by-hand");
    const mark = await markOf(gateway, byHand);
    await dueUntouched(ticker);
    await withoutDefinitions(lab, async () => {
      const since = gateway.mark();
      await release("by-hand");
      await gateway.waitForLine(/manual run background execution failed/, { since });
    });
    await waitForHistory(gateway, ticker, 1);
    assert.equal(await markOf(gateway, byHand), mark);
    assert.deepEqual(await runNow(gateway, byHand), { kind: "refused", reason: "already-running" });
    const back = performance.now();
    await until("its mark is gone", isFree(byHand), { timeout: 120_000, interval: 200 });
    t.diagnostic(
      `natural orphan, by hand: released ${Math.round(performance.now() - back)} ms after its mark came back`,
    );
    await passes(gateway, 2);
    assert.deepEqual(
      storedHistory(home, byHand).map(({ status }) => status),
      ["ok"],
    );
    assert.ok(saidOf(gateway, byHand).some(({ text }) => /^released .*entry="already there"/.test(text)));
    assert.equal(storedState(home, byHand).runningAtMs, undefined);
    assert.equal((await runNow(gateway, byHand)).kind, "enqueued");
    await release("by-hand");
    await waitForHistory(gateway, byHand, 2);
  });

  await t.test("a mark of nowhere is released once a tick adopts it; jobs that are not ours keep theirs", async () => {
    const mark = Date.now() - 5 * 60_000;
    await dueUntouched(ticker);
    for (const id of [planted, main, disabled]) plantMark(home, id, { runningAtMs: mark });
    await waitForHistory(gateway, ticker, 2);
    assert.equal(await markOf(gateway, planted), mark);
    const [entry] = await waitForHistory(gateway, planted, 1, { timeout: 120_000 });
    assert.equal(entry?.runAtMs, mark);
    await until("its mark is gone", isFree(planted));
    assert.equal(ourEntries(home, planted).length, 1);
    assert.equal((await runNow(gateway, planted)).kind, "enqueued");
    assert.equal((await waitForHistory(gateway, planted, 2))[0]?.status, "ok");
    assert.equal((await listed(gateway, main)).state.runningAtMs, mark);
    for (const id of [main, disabled]) {
      assert.deepEqual(ourEntries(home, id), []);
      assert.deepEqual(saidOf(gateway, id), []);
    }
  });
});
