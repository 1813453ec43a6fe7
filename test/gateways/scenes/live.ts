import type { Home } from "../../gateway/harness/home.ts";
import type { JobSpec } from "../../gateway/harness/jobs.ts";
import { storedState } from "../../gateway/harness/store.ts";
import { until } from "../../gateway/harness/until.ts";
import type { Fault } from "../fault.ts";
import type { Lab } from "../lab.ts";

/** A run that is alive and marked from now on. */
export async function alive({ gateway, home }: Lab, job: string, more: Partial<Fault> = {}): Promise<Fault> {
  const mark = await until(`job ${job} is marked`, () => storedState(home, job).runningAtMs, { timeout: 60_000 });
  return { job, mark, bornAt: Date.now(), since: gateway.mark(), is: "alive", ends: true, ...more };
}

/** A fault without a mark in the store is none. */
export function markInStore(home: Home, job: string): number {
  const { runningAtMs } = storedState(home, job);
  if (runningAtMs === undefined) throw new Error(`the store holds no mark of job ${job}`);
  return runningAtMs;
}

/** The fake HTTP model, also in a home whose jobs run on a CLI unless told otherwise. */
export const ON_HTTP: Pick<JobSpec, "model"> = { model: "fake/fake-1" };

/** Lets the scheduler itself start all of them in one tick. */
export async function dueTogether({ gateway }: Lab, ids: readonly string[]): Promise<void> {
  const nextRunAtMs = Date.now() + 4000;
  for (const id of ids) await gateway.call("cron.update", { id, patch: { state: { nextRunAtMs } } });
}
