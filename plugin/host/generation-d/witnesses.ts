import type { JobId } from "../../core/job.ts";
import { unread } from "../../core/observed.ts";
import { type Answer, absent, live, type Testimony } from "../../core/testimony.ts";
import { isAmongActiveJobs } from "../active-jobs.ts";
import type { Briefing } from "../briefing.ts";
import { askSessionLane } from "../command-lanes.ts";
import { askSessions } from "../embedded-runs.ts";

/**
 * Every witness inside this process, asked in one synchronous turn. The set of active jobs holds each run of this process
 * from its reservation to its settlement, measured for model calls, hooks that hang, channels that hang and manual runs;
 * only a wedge is missing there, and a wedge has no mark.
 */
export function askHere(id: JobId, briefing: Briefing): readonly Testimony[] {
  return [
    { witness: "session", role: "required", answer: askSessions(id) },
    { witness: "lane", role: "required", answer: askSessionLane(id) },
    { witness: "active", role: "required", answer: active(id) },
    {
      witness: "ledger",
      role: "veto",
      answer: briefing.hasUnfinishedRun(id) ? live("its start was announced, its end was not") : absent,
    },
  ];
}

function active(id: JobId): Answer {
  const among = isAmongActiveJobs(id);
  if (among === undefined) return unread("the set of active jobs has an unknown shape");
  return among ? live("among the active jobs") : absent;
}
