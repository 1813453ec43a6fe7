import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { BRISK } from "../2026-9-6/configured.ts";
import { deeds, looksFor, waitForSaying } from "../2026-9-6/said.ts";
import { cli } from "../harness/cli.ts";
import { addJob, history, runNow, waitForHistory } from "../harness/jobs.ts";
import { storedHistory, storedState } from "../harness/store.ts";
import { until } from "../harness/until.ts";
import { BOTH_WINDOWS, dueTogether, inMemory, type Lab, makeLab, OURS } from "./lab.ts";
import { adopted, keepScheduler, writeBack } from "./stale-scheduler.ts";

const NAMES = ["one", "two"] as const;

describe("2026.7.1-2, a scheduler that was replaced writes its old marks back", { timeout: 400_000 }, () => {
  let lab: Lab;
  const jobs: string[] = [];
  const marks: (number | undefined)[] = [];

  before(async () => {
    lab = await makeLab(BRISK, { reload: "hybrid", cron: { maxConcurrentRuns: 3 } });
    const { gateway, home, model, probe } = lab;
    await gateway.start();
    for (const name of NAMES) jobs.push(await addJob(gateway, { name, prompt: "[[hang]]" }));
    await dueTogether(gateway, jobs);
    for (const name of NAMES) await model.waitForRequest(({ job }) => job === name, { timeout: 60_000 });
    for (const job of jobs) marks.push(storedState(home, job).runningAtMs);
    await keepScheduler(probe);
    const since = gateway.mark();
    const { code, stdout, stderr } = await cli(gateway, "config", "set", "cron.maxConcurrentRuns", "4");
    assert.equal(code, 0, stdout + stderr);
    await gateway.waitForLine(/^cron: started$/, { since });
    // Each job runs once more under the new scheduler: the old runs live on, and nobody counts them as active.
    for (const [index, job] of jobs.entries()) {
      const name = NAMES[index];
      // For a moment the gateway still asks the scheduler that it has replaced.
      const taken = async () => (await runNow(gateway, job)).kind === "enqueued";
      await until("the new scheduler takes the run", taken, { interval: 250 });
      await until(`${name} runs twice`, () => model.of(name ?? "").length === 2, { timeout: 60_000 });
      model.release(({ id }) => id === model.of(name ?? "")[1]?.id);
      assert.equal((await waitForHistory(gateway, job, 2))[0]?.status, "ok");
    }
    await writeBack(lab);
    await adopted(lab, jobs);
  });
  after(() => lab?.[Symbol.asyncDispose]());

  it("while the runs of the old scheduler live their marks are left alone", async () => {
    const { gateway, home, model } = lab;
    await looksFor(gateway, BOTH_WINDOWS);
    for (const [index, job] of jobs.entries()) assert.equal(storedState(home, job).runningAtMs, marks[index]);
    assert.deepEqual(
      NAMES.map((name) => model.of(name)[0]?.end),
      [undefined, undefined],
    );
    assert.deepEqual(deeds(gateway), []);
  });

  it("when they have ended the marks stay, and are freed with nothing invented", async () => {
    const { gateway, home, model, probe } = lab;
    model.release();
    await until("the old scheduler is done", () => probe.run(({ state }) => state.stale.state.running === false));
    for (const [index, job] of jobs.entries()) assert.equal(storedState(home, job).runningAtMs, marks[index]);
    for (const job of jobs) {
      await waitForSaying(gateway, new RegExp(`^released job=${job} .*entry="already there"`), { timeout: 120_000 });
      assert.equal(storedState(home, job).runningAtMs, undefined);
      assert.equal(await inMemory(gateway, job), undefined);
      const ours = storedHistory(home, job).filter(({ error }) => OURS.test(error ?? ""));
      assert.deepEqual(ours, []);
      assert.equal((await history(gateway, job)).length, 2);
    }
  });

  it("the freed jobs run", async () => {
    const { gateway, model } = lab;
    const [job = ""] = jobs;
    assert.equal((await runNow(gateway, job)).kind, "enqueued");
    await model.waitForRequest((request) => request.job === "one" && request.end === undefined);
    model.release();
    assert.equal((await waitForHistory(gateway, job, 3))[0]?.status, "ok");
  });
});
