import { hasMethods } from "../briefing.ts";
import { type Scheduler as AnyScheduler, gatewayContext } from "../json-scheduler.ts";
import type { RawJob } from "../read-job.ts";
import { property, textIn } from "../shape.ts";
import { rawJobs } from "./jobs-file.ts";

/** The scheduler as this generation has it: a service with an open state. */
export interface Scheduler extends AnyScheduler {
  readonly state: { readonly deps: { readonly storePath: string; readonly cronEnabled: boolean } };
}

/** The scheduler of this moment, or undefined if there is none of the known shape. Never kept from pass to pass. */
export function currentScheduler(): Scheduler | undefined {
  const scheduler = property(gatewayContext(), "cron");
  const deps = property(property(scheduler, "state"), "deps");
  const fits =
    hasMethods(scheduler, ["update", "getJob", "start", "stop"]) &&
    textIn(deps, "storePath") !== undefined &&
    typeof property(deps, "cronEnabled") === "boolean";
  return fits ? (scheduler as unknown as Scheduler) : undefined;
}

export const storePath = ({ state }: Scheduler): string => state.deps.storePath;

/** The isolated agent jobs in the scheduler's memory; undefined while it has not read its store. */
export function jobsInMemory(scheduler: Scheduler): readonly RawJob[] | undefined {
  const jobs = property(property(property(scheduler, "state"), "store"), "jobs");
  return Array.isArray(jobs) ? rawJobs(jobs) : undefined;
}
