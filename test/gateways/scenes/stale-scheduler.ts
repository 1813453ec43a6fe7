import assert from "node:assert/strict";
import { adopted, keepScheduler, writeBack } from "../../gateway/2026-7-1/stale-scheduler.ts";
import { cli } from "../../gateway/harness/cli.ts";
import { addJob, listed, runNow, waitForHistory } from "../../gateway/harness/jobs.ts";
import { until } from "../../gateway/harness/until.ts";
import type { Scene } from "../scene.ts";
import { dueTogether } from "./live.ts";

/** A batch is held while `cron.*` is reloaded; the old scheduler then writes back the mark of a member that has ended. */
export const staleScheduler: Scene = {
  name: "stale scheduler",
  rows: ["stale-scheduler"],
  home: () => ({ reload: "hybrid", cron: { maxConcurrentRuns: 4 } }),
  async make(lab, faults) {
    const { gateway, model, probe } = lab;
    await lab.start();
    const job = await addJob(gateway, { name: "stale-scheduler" });
    const holder = await addJob(gateway, { name: "holder", prompt: "[[hang]]", timeoutSeconds: 0 });
    await dueTogether(lab, [job, holder]);
    await model.waitForRequest((request) => request.job === "holder", { timeout: 90_000 });
    await until("the job has its answer", () => model.of("stale-scheduler")[0]?.end === "answered");
    const mark = await until("it is marked", async () => (await listed(gateway, job)).state.runningAtMs);
    await keepScheduler(probe);
    const reloaded = gateway.mark();
    const { code, stdout, stderr } = await cli(gateway, "config", "set", "cron.maxConcurrentRuns", "5");
    assert.equal(code, 0, stdout + stderr);
    await gateway.waitForLine(/^cron: started$/, { since: reloaded, timeout: 60_000 });
    // For a moment the gateway still asks the scheduler that it has replaced.
    const taken = async () => (await runNow(gateway, job)).kind === "enqueued";
    await until("the new scheduler takes the run", taken, { interval: 250, timeout: 60_000 });
    await waitForHistory(gateway, job, 2, { timeout: 60_000 });
    const since = gateway.mark();
    await writeBack(lab);
    await adopted(lab, [job]);
    model.release();
    const done = () => probe.run(({ state }) => state.stale.state.running === false);
    await until("the old scheduler is done", done, { timeout: 60_000 });
    faults.add("stale-scheduler", { job, mark, bornAt: Date.now(), since, is: "dead" });
  },
};
