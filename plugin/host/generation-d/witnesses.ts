import type { JobId } from "../../core/job.ts";
import { unread } from "../../core/observed.ts";
import { type Answer, absent, live, type Testimony } from "../../core/testimony.ts";
import { hasActiveJobs, isAmongActiveJobs } from "../active-jobs.ts";
import type { Briefing } from "../briefing.ts";
import { askSessionLane } from "../command-lanes.ts";
import { askSessions } from "../embedded-runs.ts";

/**
 * Every witness inside this process, asked in one synchronous turn. The set of active jobs holds each run of this process
 * from its reservation to its settlement, measured for model calls, hooks that hang, channels that hang and manual runs;
 * only a wedge is missing there, and a wedge has no mark.
 */
export function askHere(id: JobId, briefing: Briefing, beganHere: boolean): readonly Testimony[] {
  return [
    { witness: "session", role: "required", answer: askSessions(id) },
    { witness: "lane", role: "required", answer: askSessionLane(id) },
    { witness: "active", role: "required", answer: active(id, beganHere) },
    {
      witness: "ledger",
      role: "veto",
      answer: briefing.hasUnfinishedRun(id) ? live("its start was announced, its end was not") : absent,
    },
  ];
}

/** A run of this process cannot be without the set: if it is not there, it is not where it was. */
function active(id: JobId, beganHere: boolean): Answer {
  if (beganHere && !hasActiveJobs()) return unread("the set of active jobs is not where it was");
  const among = isAmongActiveJobs(id);
  if (among === undefined) return unread("the set of active jobs has an unknown shape");
  return among ? live("among the active jobs") : absent;
}
