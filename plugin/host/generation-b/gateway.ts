import { join } from "node:path";
import type { RunMark } from "../../core/job.ts";
import type { SchedulerCondition } from "../../core/snapshot.ts";
import { later, seconds } from "../../core/time.ts";
import type { Access } from "../access.ts";
import { type Briefing, hasMethods } from "../briefing.ts";
import { isDraining } from "../command-lanes.ts";
import { gatewayContext, type Scheduler, schedulerInContext } from "../json-scheduler.ts";
import { watchedSchedulers } from "../scheduler-watch.ts";
import { property, textIn } from "../shape.ts";

/**
 * The scheduler of this moment: until its first reload a proxy without a state, then the service itself. Never kept from
 * pass to pass. Of its verbs only `update` and `getJob` are used: each of the others applies the two-hour rule.
 */
export function currentScheduler(briefing: Briefing): Scheduler | undefined {
  for (const scheduler of [schedulerInContext(), briefing.scheduler()]) {
    if (hasMethods(scheduler, ["update", "getJob", "enqueueRun", "start", "stop"])) return scheduler as Scheduler;
  }
  return undefined;
}

export const storePath = ({ stateDir }: Access): string =>
  textIn(gatewayContext(), "cronStorePath") ?? join(stateDir, "cron", "jobs.json");

/**
 * The service behind the proxy, if it has shown itself: the one whose jobs are the very objects that the proxy answers
 * with. One that was replaced by a reload has other objects.
 */
export function serviceBehind(scheduler: Scheduler): object | undefined {
  if (storedJobs(scheduler) !== undefined) return scheduler;
  return watchedSchedulers().find((service) => storedJobs(service)?.some((job) => isJobOf(scheduler, job)));
}

/** The jobs in a service's memory, of every kind; undefined for a proxy, or while the store is not read. */
export function storedJobs(service: unknown): readonly unknown[] | undefined {
  const jobs = property(property(property(service, "state"), "store"), "jobs");
  return Array.isArray(jobs) ? jobs : undefined;
}

const isJobOf = (scheduler: Scheduler, job: unknown): boolean => {
  const id = textIn(job, "id");
  return id !== undefined && scheduler.getJob(id) === job;
};

/** Whether the service that holds this mark is one that the watch sees; false too while no service holds it. */
export const isSeen = (scheduler: Scheduler, { jobId }: RunMark): boolean =>
  watchedSchedulers().some((service) => storedJobs(service)?.some((job) => job === scheduler.getJob(jobId)));

/** Whether no scheduler of this process has ever been on. One that is on heals what it finds at its start. */
export function isOff(scheduler: Scheduler): boolean {
  if (process.env.OPENCLAW_SKIP_CRON === "1") return true;
  const seen = [scheduler, ...watchedSchedulers()].map((each) => property(property(each, "state"), "deps"));
  const enabled = seen.map((deps) => property(deps, "cronEnabled")).filter((each) => each !== undefined);
  return serviceBehind(scheduler) !== undefined && enabled.every((each) => each === false);
}

export function schedulerCondition({ briefing, clock }: Access): SchedulerCondition {
  const scheduler = currentScheduler(briefing);
  const lookAgain = later(clock.now, seconds(1));
  if (scheduler === undefined) return { kind: "busy", because: "cannot be reached", lookAgain };
  if (isDraining()) return { kind: "busy", because: "is draining for a restart", lookAgain: undefined };
  return { kind: "settled", healsItself: undefined };
}
