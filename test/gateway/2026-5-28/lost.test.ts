import assert from "node:assert/strict";
import { test } from "node:test";
import { ourEntries, passes, saidOf, waitUntilSaid, watchedBeyondBothWindows } from "../2026-4-14/lab.ts";
import { addJob, history, listed, makeDue, runNow, waitForHistory } from "../harness/jobs.ts";
import { digest, plantMark, storedHistory, storedState } from "../harness/store.ts";
import { makeLab } from "./lab.ts";

const MINUTES = 60_000;

test("a run that is lost with its gateway", { timeout: 300_000 }, async (t) => {
  await using lab = await makeLab();
  const { gateway, home, model } = lab;
  await gateway.start();
  const byHand = await addJob(gateway, { name: "by-hand", prompt: "[[hang]]" });
  const byTimer = await addJob(gateway, { name: "by-timer", prompt: "[[hang]]" });
  const planted = await addJob(gateway, { name: "planted" });
  const hangs = async (id: string, name: string, start: (id: string) => Promise<unknown>): Promise<number> => {
    await start(id);
    await model.waitForRequest(({ job, endedAt }) => job === name && endedAt === undefined, { timeout: 30_000 });
    return storedState(home, id).runningAtMs as number;
  };

  await t.test("with the scheduler on is told by the gateway itself, once", async () => {
    const marks = [
      [byHand, await hangs(byHand, "by-hand", (id) => runNow(gateway, id))],
      [byTimer, await hangs(byTimer, "by-timer", (id) => makeDue(gateway, id))],
    ] as const;
    await gateway.crashAndRestart();
    for (const [id, mark] of marks) {
      const [entry] = await waitForHistory(gateway, id, 1);
      assert.match(entry?.error ?? "", /interrupted by gateway restart/);
      assert.ok(Math.abs((entry?.runAtMs ?? 0) - mark) <= 250);
    }
    await watchedBeyondBothWindows(gateway);
    for (const [id] of marks) {
      assert.equal(storedHistory(home, id).length, 1);
      assert.equal(storedState(home, id).runningAtMs, undefined);
      assert.deepEqual(
        saidOf(gateway, id)
          .filter(({ level }) => level === "warn")
          .map(({ text }) => text),
        [],
      );
    }
  });

  await t.test("with the scheduler off holds its job, and observe mode changes nothing about it", async () => {
    const mark = await hangs(byHand, "by-hand", (id) => runNow(gateway, id));
    await gateway.kill9();
    plantMark(home, planted, { runningAtMs: Date.now() - 10 * MINUTES });
    const seen = gateway.mark();
    await gateway.start({ scheduler: "off", env: { OPENCLAW_CRON_HEALER_MODE: "observe" } });
    await waitUntilSaid(
      gateway,
      new RegExp(`^would be released, withheld job=${byHand}.* because="observe mode"`),
      seen,
    );
    const before = digest(home);
    assert.equal(storedState(home, byHand).runningAtMs, mark);
    await passes(gateway, 3);
    assert.deepEqual(digest(home), before);
    assert.deepEqual(await runNow(gateway, byHand), { kind: "refused", reason: "already-running" });
    assert.equal((await history(gateway, byHand)).length, 1);
  });

  await t.test("until we free it at once, with one entry of its true start, and it runs again", async () => {
    const marks = [byHand, planted].map((id) => [id, storedState(home, id).runningAtMs] as const);
    const before = storedHistory(home, byHand).length;
    await gateway.crashAndRestart({ scheduler: "off" });
    const ready = performance.now();
    for (const [id, mark] of marks) {
      const entries = await waitForHistory(gateway, id, id === byHand ? before + 1 : 1, { timeout: 10_000 });
      assert.equal(entries[0]?.runAtMs, mark);
      assert.match(entries[0]?.error ?? "", /run lost: the mark is older than this process/);
    }
    t.diagnostic(`ready to healed: ${Math.round(performance.now() - ready)} ms`);
    await passes(gateway, 2);
    for (const [id] of marks) {
      assert.equal((await listed(gateway, id)).state.runningAtMs, undefined);
      assert.equal(storedState(home, id).runningAtMs, undefined);
      assert.equal(ourEntries(home, id).length, 1);
    }
    assert.equal((await runNow(gateway, planted)).kind, "enqueued");
    assert.equal((await waitForHistory(gateway, planted, 2))[0]?.status, "ok");
  });
});
