import type { RunMark } from "../../core/job.ts";
import { unread } from "../../core/observed.ts";
import { type Answer, absent, live, type Testimony, waiting } from "../../core/testimony.ts";
import { isAmongActiveJobs } from "../active-jobs.ts";
import { askSessionLane, askSharedLane } from "../command-lanes.ts";
import { askSessions } from "../embedded-runs.ts";
import { hasBegunRun, isCatchingUp, isTicking, missedAStart } from "../scheduler-watch.ts";

/**
 * Every witness inside this process, asked in one synchronous turn. What each kind of run cannot be missed by, measured:
 * a timer run and its waiting batch by the tick, a manual run by lane `cron`, a catch-up run and its waiting batch by
 * the catch-up, a run of an earlier scheduler by the ledger.
 */
export function askHere({ jobId }: RunMark, startIsUnseen: boolean): readonly Testimony[] {
  const cronLane = askSharedLane("cron");
  const ticking = isTicking();
  return [
    required("session", askSessions(jobId)),
    required("lane", askSessionLane(jobId)),
    required("ledger", hasBegunRun(jobId) ? live("its run has begun and not returned") : absent),
    required("tick", ticking ? waiting("a scheduler is in the middle of a tick") : absent),
    required("cron-lane", cronLane),
    required("catch-up", catchUp(startIsUnseen)),
    required("active", active(jobId, ticking || cronLane.kind !== "absent")),
  ];
}

function catchUp(startIsUnseen: boolean): Answer {
  if (isCatchingUp()) return waiting("the start-up catch-up is not over");
  if (missedAStart() && startIsUnseen) return unread("the mark may be of a start-up catch-up that was not watched");
  return absent;
}

/** The set of active jobs leaks on this generation: it counts only while something could stand behind it. */
function active(jobId: RunMark["jobId"], plausible: boolean): Answer {
  const among = isAmongActiveJobs(jobId);
  if (among === undefined) return unread("the set of active jobs has an unknown shape");
  return among && plausible ? live("among the active jobs") : absent;
}

const required = (witness: Testimony["witness"], answer: Answer): Testimony => ({ witness, role: "required", answer });
