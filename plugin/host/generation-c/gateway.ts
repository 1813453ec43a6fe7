import type { JobId } from "../../core/job.ts";
import type { SchedulerCondition } from "../../core/snapshot.ts";
import { later, type ProcessTime, seconds } from "../../core/time.ts";
import type { Access } from "../access.ts";
import { hasMethods } from "../briefing.ts";
import { isDraining } from "../command-lanes.ts";
import { gatewayContext, type Scheduler as PatchScheduler } from "../json-scheduler.ts";
import { ofGateway } from "../process-wide.ts";
import { watchedSchedulers } from "../scheduler-watch.ts";
import { isMethod, numberIn, property, textIn } from "../shape.ts";

/** The scheduler of this generation; the fenced update came with 2026.7. */
export interface Scheduler extends PatchScheduler {
  updateWithPrecondition?(
    id: string,
    patch: unknown,
    precondition: (job: unknown, now: number) => Promise<void>,
  ): Promise<unknown>;
}

/**
 * The scheduler of this moment, asked for at every pass. An earlier one would write its old store back: if the two ways to
 * it lead to two schedulers, neither is taken.
 */
export function currentScheduler({ briefing }: Access): Scheduler | undefined {
  const told = briefing.scheduler();
  const held = property(gatewayContext(), "cron");
  if (told !== undefined && held !== undefined && told !== held) return undefined;
  const scheduler = told ?? held;
  return hasMethods(scheduler, ["update", "getJob"]) ? (scheduler as Scheduler) : undefined;
}

/**
 * While a changed `cron.*` is taken over, the gateway may for a moment still hand out the scheduler that it has replaced
 * already. The one of `gateway_start` hides its state: which one is behind it, its jobs tell.
 */
export function isReplaced(scheduler: Scheduler, id: JobId): boolean {
  const job = scheduler.getJob(id);
  const known = watchedSchedulers() as readonly Scheduler[];
  const same = known.find((each) => each === scheduler || (job !== undefined && each.getJob(id) === job));
  if (same !== undefined) return isStopped(same);
  return isStopped(scheduler) || known.some((each) => !isStopped(each));
}

const isStopped = (scheduler: Scheduler): boolean => property(property(scheduler, "state"), "stopped") === true;

/** Under which key the current scheduler keeps its jobs, if the gateway says. */
export const currentStoreKey = (): string | undefined => textIn(gatewayContext(), "cronStorePath");

/** At its start the gateway puts its own house in order: it goes first. */
const RECOVERY = seconds(10);

export function schedulerCondition(access: Access): SchedulerCondition {
  const { clock } = access;
  if (isDraining()) return busy("is draining for a restart");
  const scheduler = currentScheduler(access);
  if (scheduler === undefined) return busy("cannot be reached", later(clock.now, seconds(2)));
  const state = property(scheduler, "state");
  if (property(state, "stopped") === true) return busy("was replaced");
  if (property(state, "restartRecoveryPending") === true) return busy("waits for a restart");
  if (clock.now < RECOVERY) return busy("may still be recovering from its start", later(clock.now, seconds(2)));
  return { kind: "settled", healsItself: undefined };
}

/**
 * A restart inside the process empties the set of active jobs and the lanes, also of runs that do not stop when they are
 * told to. The set counts the restarts, since 2026.6.11.
 */
export function restartsInPlace(): number | undefined {
  const activeJobs = ofGateway("cron.activeJobs");
  return activeJobs === undefined ? 0 : numberIn(activeJobs, "generation");
}

export const hasFencedUpdate = (scheduler: Scheduler | undefined): boolean =>
  isMethod(scheduler, "updateWithPrecondition");

const busy = (because: string, lookAgain?: ProcessTime): SchedulerCondition => ({ kind: "busy", because, lookAgain });
