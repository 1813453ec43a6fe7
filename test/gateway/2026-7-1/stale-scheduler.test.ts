import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { BRISK, PLUGIN_CONFIG } from "../2026-9-6/configured.ts";
import { looksFor, waitForSaying } from "../2026-9-6/said.ts";
import { cli } from "../harness/cli.ts";
import { addJob, history, listed, runNow, waitForHistory } from "../harness/jobs.ts";
import { storedHistory, storedState } from "../harness/store.ts";
import { until } from "../harness/until.ts";
import { BOTH_WINDOWS, deedsOn, dueTogether, inMemory, type Lab, makeLab, OURS } from "./lab.ts";
import { adopted, keepScheduler, writeBack } from "./stale-scheduler.ts";

const FINISHED = ["one", "two"] as const;
const HOLDER = "holder";

describe("2026.7.1-2, a scheduler that was replaced writes its old marks back", { timeout: 1_200_000 }, () => {
  let lab: Lab;
  const jobs: Record<string, string> = {};
  const marks: Record<string, number | undefined> = {};
  const job = (name: string): string => jobs[name] ?? assert.fail(name);

  async function set(path: string, value: string): Promise<void> {
    const { code, stdout, stderr } = await cli(lab.gateway, "config", "set", path, value);
    assert.equal(code, 0, stdout + stderr);
  }

  before(async () => {
    lab = await makeLab({ ...BRISK, mode: "observe" }, { reload: "hybrid", cron: { maxConcurrentRuns: 4 } });
    const { gateway, model, probe } = lab;
    await gateway.start();
    for (const name of FINISHED) jobs[name] = await addJob(gateway, { name });
    jobs[HOLDER] = await addJob(gateway, { name: HOLDER, prompt: "[[hang]]", timeoutSeconds: 0 });
    await dueTogether(gateway, Object.values(jobs));
    await model.waitForRequest((request) => request.job === HOLDER, { timeout: 90_000 });
    for (const name of FINISHED) await until(`${name} has its answer`, () => model.of(name)[0]?.end === "answered");
    for (const [name, id] of Object.entries(jobs)) marks[name] = await inMemory(gateway, id);
    await keepScheduler(probe);
    const since = gateway.mark();
    await set("cron.maxConcurrentRuns", "5");
    await gateway.waitForLine(/^cron: started$/, { since, timeout: 60_000 });
    // The batch of the old scheduler is still held. Each finished member runs once more under the new one.
    for (const name of FINISHED) {
      // For a moment the gateway still asks the scheduler that it has replaced.
      const taken = async () => (await runNow(gateway, job(name))).kind === "enqueued";
      await until("the new scheduler takes the run", taken, { interval: 250, timeout: 60_000 });
      assert.equal((await waitForHistory(gateway, job(name), 2, { timeout: 60_000 }))[0]?.status, "ok");
    }
    await writeBack(lab);
    await adopted(lab, Object.values(jobs));
  });
  after(() => lab?.[Symbol.asyncDispose]());

  const assertMarked = async (name: string): Promise<void> => {
    assert.equal(await inMemory(lab.gateway, job(name)), marks[name], name);
    assert.equal((await listed(lab.gateway, job(name))).status, "running");
    assert.deepEqual(await runNow(lab.gateway, job(name)), { kind: "refused", reason: "already-running" });
  };

  it("when the last run of the old scheduler has ended, the marks of the others stay", async () => {
    const { gateway, model, probe } = lab;
    for (const name of FINISHED) await assertMarked(name);
    model.release();
    await until("the old scheduler is done", () => probe.run(({ state }) => state.stale.state.running === false), {
      timeout: 60_000,
    });
    await looksFor(gateway, BOTH_WINDOWS);
    for (const name of FINISHED) {
      await assertMarked(name);
      assert.equal(model.of(name).length, 2, name);
      assert.match(deedsOn(gateway, job(name)).at(-1) ?? "", /^would be released, withheld .*because="observe mode"/);
    }
    assert.deepEqual(deedsOn(gateway, job(HOLDER)), []);
  });

  it("the plugin frees them with nothing invented, and the slot that was served is not run once more", async () => {
    const { gateway, home, model } = lab;
    const since = gateway.mark();
    await set(`${PLUGIN_CONFIG}.mode`, "heal");
    for (const name of FINISHED) {
      const line = await waitForSaying(gateway, new RegExp(`^released job=${job(name)} `), { since, timeout: 300_000 });
      assert.match(line, /entry="already there" result=ok$/);
    }
    await looksFor(gateway, 10);
    for (const name of FINISHED) {
      const [last, first, ...more] = await history(gateway, job(name));
      assert.deepEqual(more, []);
      assert.equal(last?.status, "ok");
      assert.match(first?.error ?? "", /interrupted by gateway restart/);
      assert.deepEqual(
        storedHistory(home, job(name)).filter(({ error }) => OURS.test(error ?? "")),
        [],
      );
      const { runningAtMs, lastRunAtMs, lastRunStatus, nextRunAtMs = 0 } = storedState(home, job(name));
      assert.deepEqual(
        { runningAtMs, lastRunAtMs, lastRunStatus },
        {
          runningAtMs: undefined,
          lastRunAtMs: last?.runAtMs,
          lastRunStatus: "ok",
        },
      );
      assert.ok(nextRunAtMs > Date.now());
      assert.equal(model.of(name).length, 2, name);
    }
  });

  it("the run that held the old batch has its own result, and the freed jobs run", async () => {
    const { gateway } = lab;
    assert.equal((await history(gateway, job(HOLDER)))[0]?.status, "ok");
    assert.deepEqual(deedsOn(gateway, job(HOLDER)), []);
    for (const name of FINISHED) {
      assert.equal((await runNow(gateway, job(name))).kind, "enqueued");
      assert.equal((await waitForHistory(gateway, job(name), 3, { timeout: 60_000 }))[0]?.status, "ok");
    }
  });
});
