import { addJob, listed } from "../../gateway/harness/jobs.ts";
import { plantMark, storedState } from "../../gateway/harness/store.ts";
import { until } from "../../gateway/harness/until.ts";
import type { Fault } from "../fault.ts";
import type { Lab } from "../lab.ts";
import type { Scene } from "../scene.ts";
import { restarted } from "./restarted.ts";

const TEN_MINUTES = 600_000;

/** A restart with the scheduler on, then a mark that is born while it runs. */
export const schedulerOn: Scene = {
  name: "scheduler on",
  rows: ["killed", "planted", "adopted"],
  async make(lab, faults) {
    await restarted(lab, faults, "on", { killed: "killed", planted: "planted" });
    const adopted = await addJob(lab.gateway, { name: "adopted" });
    await faults.make("adopted", () => plantedAlive(lab, adopted));
  },
};

/** A mark in the store of a running gateway. Only a tick reads it; an edit of a job would write over it. */
async function plantedAlive(lab: Lab, job: string): Promise<Fault> {
  const { gateway, home } = lab;
  await tickSoon(lab);
  const mark = Date.now() - TEN_MINUTES;
  const since = gateway.mark();
  plantMark(home, job, { runningAtMs: mark });
  const bornAt = Date.now();
  const isRead = async () =>
    (await listed(gateway, job)).state.runningAtMs === mark || storedState(home, job).runningAtMs !== mark;
  await until("a tick has read the mark", isRead, { timeout: 120_000, interval: 200 });
  return { job, mark, bornAt, since, is: "dead" };
}

/** A job that is due makes a tick. */
export async function tickSoon({ gateway }: Lab, milliseconds = 4000): Promise<void> {
  await addJob(gateway, { name: "next", at: new Date(Date.now() + milliseconds) });
}
