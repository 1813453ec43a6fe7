import { LiveRuns } from "../../gateway/2026-9-6/live-runs.ts";
import { plantRun } from "../../gateway/2026-9-6/planted.ts";
import { Stranger } from "../../gateway/2026-9-6/stranger.ts";
import { addJob } from "../../gateway/harness/jobs.ts";
import { receipts } from "../../gateway/harness/store.ts";
import { until } from "../../gateway/harness/until.ts";
import type { Fault } from "../fault.ts";
import type { Lab } from "../lab.ts";
import type { Scene } from "../scene.ts";
import { alive } from "./live.ts";

/** Runs that do not return, each on its own, on gateways that have no batches. */
export const longRuns: Scene = {
  name: "long runs",
  rows: ["live-hook", "live-delivery", "live-cli", "foreign-owner", "wedge"],
  versions: ["2026.8.2", "2026.9.6"],
  home: () => ({ channel: true, cliBackend: true }),
  async make(lab, faults) {
    const { gateway, model } = lab;
    await lab.start();
    const runs = new LiveRuns(gateway, model);
    await faults.make("wedge", () => wedged(lab, runs));
    await faults.make("live-hook", async () => alive(lab, await runs.hook("live-hook")));
    await faults.make("live-delivery", async () => alive(lab, await runs.channel("live-delivery")));
    await faults.make("live-cli", async () => alive(lab, await runs.commandLine("live-cli"), { ends: false }));
    await faults.make("foreign-owner", () => ownedByAnother(lab));
  },
};

/** Its delivery never returns: it times out, is told, and its receipt stays. */
async function wedged({ gateway, home }: Lab, runs: LiveRuns): Promise<Fault> {
  const since = gateway.mark();
  const job = await runs.channel("wedge", 40);
  const claim = () => receipts(home, job).find(({ status }) => status === "running");
  const { started_at_ms: mark } = await until("it has a receipt", claim);
  return {
    job,
    mark,
    bornAt: Date.now(),
    since,
    is: "dead",
    stands: () => claim() !== undefined,
  };
}

async function ownedByAnother(lab: Lab): Promise<Fault> {
  const job = await addJob(lab.gateway, { name: "foreign-owner" });
  plantRun(lab.home, job, { startedAt: Date.now() - 600_000, owner: lab.with(Stranger.start()) });
  return alive(lab, job, { ends: false });
}
