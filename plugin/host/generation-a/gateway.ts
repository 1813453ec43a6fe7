import type { JobId } from "../../core/job.ts";
import { type Instant, instant } from "../../core/time.ts";
import { hasMethods } from "../briefing.ts";
import { ofGateway } from "../process-wide.ts";
import { nextRunOf, type RawJob } from "../read-job.ts";
import { isMethod, numberIn, property, textIn } from "../shape.ts";
import { rawJobs } from "./jobs-file.ts";

/** The scheduler as this generation has it: a service with an open state. */
export interface Scheduler {
  update(id: string, patch: unknown): Promise<unknown>;
  getJob(id: string): unknown;
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

function gatewayContext(): unknown {
  const holder = ofGateway("fallbackGatewayContextState");
  try {
    const resolve = property(holder, "resolveContext");
    return typeof resolve === "function" ? resolve.call(holder) : property(holder, "context");
  } catch {
    return undefined;
  }
}

export const storePath = ({ state }: Scheduler): string => state.deps.storePath;

/** The isolated agent jobs in the scheduler's memory; undefined while it has not read its store. */
export function jobsInMemory(scheduler: Scheduler): readonly RawJob[] | undefined {
  const jobs = property(property(property(scheduler, "state"), "store"), "jobs");
  return Array.isArray(jobs) ? rawJobs(jobs) : undefined;
}

export function markInMemory(scheduler: Scheduler, id: JobId): Instant | undefined {
  const at = numberIn(stateOf(scheduler, id), "runningAtMs");
  return at === undefined ? undefined : instant(at);
}

export const nextRunInMemory = (scheduler: Scheduler, id: JobId): Instant | undefined =>
  nextRunOf(stateOf(scheduler, id));

const stateOf = (scheduler: Scheduler, id: JobId): unknown => property(scheduler.getJob(id), "state");

export const hasGatewayContext = (): boolean => isMethod(ofGateway("fallbackGatewayContextState"), "resolveContext");
