import type { JobId } from "../core/job.ts";
import { type Instant, instant } from "../core/time.ts";
import { ofGateway } from "./process-wide.ts";
import { nextRunOf } from "./read-job.ts";
import { numberIn, property } from "./shape.ts";

/** What the schedulers of the JSON generations have in common. Neither verb applies the two-hour rule. */
export interface Scheduler {
  update(id: string, patch: unknown): Promise<unknown>;
  getJob(id: string): unknown;
}

/** What the gateway hands to requests that reach it from outside any of its own: its scheduler is in it. */
export function gatewayContext(): unknown {
  const holder = ofGateway("fallbackGatewayContextState");
  try {
    const resolve = property(holder, "resolveContext");
    return typeof resolve === "function" ? resolve.call(holder) : property(holder, "context");
  } catch {
    return undefined;
  }
}

/** The gateway's scheduler as it stands in that context. */
export function schedulerInContext(): unknown {
  try {
    return property(gatewayContext(), "cron");
  } catch {
    return undefined;
  }
}

export function markInMemory(scheduler: Scheduler, id: JobId): Instant | undefined {
  const at = numberIn(stateOf(scheduler, id), "runningAtMs");
  return at === undefined ? undefined : instant(at);
}

export const nextRunInMemory = (scheduler: Scheduler, id: JobId): Instant | undefined =>
  nextRunOf(stateOf(scheduler, id));

const stateOf = (scheduler: Scheduler, id: JobId): unknown => property(scheduler.getJob(id), "state");
