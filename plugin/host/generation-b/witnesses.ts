import type { RunMark } from "../../core/job.ts";
import { unread } from "../../core/observed.ts";
import { type Answer, absent, live, type Testimony, waiting } from "../../core/testimony.ts";
import { isAmongActiveJobs } from "../active-jobs.ts";
import { askSessionLane, askSharedLane } from "../command-lanes.ts";
import { askSessions } from "../embedded-runs.ts";
import type { Scheduler } from "../json-scheduler.ts";
import { hasBegunRun, isCatchingUp, isTicking, watchesFromBirth } from "../scheduler-watch.ts";
import { isSeen } from "./gateway.ts";

/**
 * Every witness inside this process, asked in one synchronous turn. By what each kind of run cannot be missed: a timer
 * run, its waiting batch, its finished peers and a missed job that is made up for, by the tick; a manual run by lane
 * `cron`, from before its mark to after its entry; any run of any scheduler between its begin and its return by the
 * ledger, be it in a hook, a command-line model or a delivery, where no session shows it.
 */
export function askHere(scheduler: Scheduler, mark: RunMark): readonly Testimony[] {
  const { jobId } = mark;
  const cronLane = askCronLanes();
  const ticking = isTicking();
  return [
    required("session", askSessions(jobId)),
    required("lane", askSessionLane(jobId)),
    required("ledger", hasBegunRun(jobId) ? live("its run has begun and not returned") : absent),
    required("tick", ticking ? waiting("a scheduler is in the middle of a tick") : quietTick(scheduler, mark)),
    required("cron-lane", cronLane),
    required("catch-up", isCatchingUp() ? waiting("a scheduler is still in its start") : absent),
    required("active", active(jobId, ticking || cronLane.kind !== "absent")),
  ];
}

/** A scheduler that has never spoken to us has begun no run, if we have listened since the gateway's start. */
function quietTick(scheduler: Scheduler, mark: RunMark): Answer {
  if (watchesFromBirth() || isSeen(scheduler, mark)) return absent;
  return unread("the scheduler has not shown itself since the plugin was loaded");
}

/** Where not every run was watched, the lane in which all runs of agents go may hide one that is in no other. */
function askCronLanes(): Answer {
  const cron = askSharedLane("cron");
  return cron.kind !== "absent" || watchesFromBirth() ? cron : askSharedLane("cron-nested");
}

/** The set of active jobs leaks on this generation: it counts only while something could stand behind it. */
function active(jobId: RunMark["jobId"], plausible: boolean): Answer {
  const among = isAmongActiveJobs(jobId);
  if (among === undefined) return unread("the set of active jobs has an unknown shape");
  return among && plausible ? live("among the active jobs") : absent;
}

const required = (witness: Testimony["witness"], answer: Answer): Testimony => ({ witness, role: "required", answer });
