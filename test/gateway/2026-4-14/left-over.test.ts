import assert from "node:assert/strict";
import { test } from "node:test";
import { addJob, history, listed, runNow, waitForHistory } from "../harness/jobs.ts";
import { digest, plantMark, storedHistory, storedState } from "../harness/store.ts";
import { makeLab, ourEntries, passes, saidOf, waitUntilSaid } from "./lab.ts";

const MINUTES = 60_000;

test("a run lost with its gateway gets exactly one entry with its true start", { timeout: 400_000 }, async (t) => {
  await using lab = await makeLab();
  const { gateway, home, model } = lab;
  await gateway.start();
  const killed = await addJob(gateway, { name: "killed", prompt: "[[hang]]" });
  const stopped = await addJob(gateway, { name: "stopped", prompt: "[[hang]]" });
  const planted = await addJob(gateway, { name: "planted" });
  const hangs = async (id: string, name: string): Promise<number> => {
    await runNow(gateway, id);
    await model.waitForRequest(({ job, endedAt }) => job === name && endedAt === undefined);
    return storedState(home, id).runningAtMs as number;
  };
  const killedAt = await hangs(killed, "killed");

  await t.test(
    "observe mode writes nothing and says what it would do; the gateway itself writes nothing either",
    async () => {
      await gateway.kill9();
      const seen = gateway.mark();
      await gateway.start({ env: { OPENCLAW_CRON_HEALER_MODE: "observe" } });
      await waitUntilSaid(
        gateway,
        new RegExp(`^would be told in the history, withheld job=${killed}.* because="observe mode"`),
        seen,
      );
      const before = digest(home);
      await passes(gateway, 3);
      assert.deepEqual(digest(home), before);
      assert.deepEqual(await history(gateway, killed), []);
      assert.equal((await listed(gateway, killed)).status, "idle");
      const loud = saidOf(gateway, killed, seen).filter(({ level }) => level !== "debug");
      assert.deepEqual(
        loud.map(({ text }) => text.split(" job=")[0]),
        ["would be told in the history, withheld"],
      );
    },
  );

  let killedAgainAt = 0;
  await t.test("after kill -9", async () => {
    killedAgainAt = await hangs(killed, "killed");
    assert.ok(killedAgainAt > killedAt);
    await gateway.crashAndRestart();
    await gateway.waitForLine(/clearing stale running marker on startup/);
    const [entry] = await waitForHistory(gateway, killed, 1);
    assert.equal(entry?.runAtMs, killedAgainAt);
    assert.equal(entry?.status, "error");
    assert.match(
      entry?.error ?? "",
      /^\[synthesized by openclaw-cron-healer\] run lost: the mark is older than this process/,
    );
    await passes(gateway, 3);
    assert.equal((await history(gateway, killed)).length, 1);
  });

  await t.test("after SIGTERM, and for a mark that was in the file before the start", async () => {
    const stoppedAt = await hangs(stopped, "stopped");
    await gateway.sigterm();
    assert.equal(storedState(home, stopped).runningAtMs, stoppedAt);
    const plantedAt = Date.now() - 10 * MINUTES;
    plantMark(home, planted, { runningAtMs: plantedAt });
    await gateway.start();
    assert.equal((await waitForHistory(gateway, stopped, 1))[0]?.runAtMs, stoppedAt);
    assert.equal((await waitForHistory(gateway, planted, 1))[0]?.runAtMs, plantedAt);
    await passes(gateway, 3);
  });

  await t.test("and none is added by another restart; the jobs run again", async () => {
    await gateway.stopAndRestart();
    await passes(gateway, 3);
    for (const id of [killed, stopped, planted]) {
      assert.equal(ourEntries(home, id).length, 1);
      assert.equal(storedHistory(home, id).length, 1);
    }
    assert.equal((await runNow(gateway, planted)).kind, "enqueued");
    assert.equal((await waitForHistory(gateway, planted, 2))[0]?.status, "ok");
  });
});

test("with the scheduler off a lost run holds its job until we free it", { timeout: 300_000 }, async (t) => {
  await using lab = await makeLab();
  const { gateway, home, model } = lab;
  await gateway.start();
  const job = await addJob(gateway, { name: "lost", prompt: "[[hang]]" });
  await runNow(gateway, job);
  await model.waitForRequest(({ job: name }) => name === "lost");
  const startedAt = storedState(home, job).runningAtMs;

  await gateway.crashAndRestart({ scheduler: "off", env: { OPENCLAW_CRON_HEALER_MODE: "observe" } });
  await waitUntilSaid(gateway, /^would be released, withheld/);
  const before = digest(home);
  assert.deepEqual(await runNow(gateway, job), { kind: "refused", reason: "already-running" });
  assert.equal((await listed(gateway, job)).status, "running");
  assert.deepEqual(await history(gateway, job), []);
  await passes(gateway, 3);
  assert.deepEqual(digest(home), before);

  const began = performance.now();
  await gateway.stopAndRestart({ scheduler: "off" });
  const ready = performance.now();
  const [entry] = await waitForHistory(gateway, job, 1);
  t.diagnostic(`ready to healed: ${Math.round(performance.now() - ready)} ms (start ${Math.round(ready - began)} ms)`);
  assert.equal(entry?.runAtMs, startedAt);
  assert.equal((await listed(gateway, job)).state.runningAtMs, undefined);
  assert.equal(storedState(home, job).runningAtMs, undefined);

  assert.equal((await runNow(gateway, job)).kind, "enqueued");
  await model.waitForRequest(({ job: name, endedAt }) => name === "lost" && endedAt === undefined);
  model.release();
  assert.equal((await waitForHistory(gateway, job, 2))[0]?.status, "ok");
  assert.equal(ourEntries(home, job).length, 1);
});
