import type { JobId } from "../../core/job.ts";
import { unread } from "../../core/observed.ts";
import { type Answer, absent, live, type Testimony, waiting } from "../../core/testimony.ts";
import { activeJobIds, isAmongActiveJobs } from "../active-jobs.ts";
import type { Briefing } from "../briefing.ts";
import { askSessionLane } from "../command-lanes.ts";
import { askSessions } from "../embedded-runs.ts";
import { hasBegunRunNotGivenUp, isTicking } from "../scheduler-watch.ts";

/**
 * Every witness inside this process, asked in one synchronous turn. The set of active jobs holds each run of this process,
 * whichever scheduler began it, from its start until its result is applied: in its model call, in a hook or a delivery that
 * hangs, on a CLI, and finished within a batch that is not. Only a batch's members that have not begun yet are missing
 * there; them the tick covers.
 */
export function askHere(id: JobId, briefing: Briefing): readonly Testimony[] {
  return [
    required("session", askSessions(id)),
    required("lane", askSessionLane(id)),
    required("active", active(id)),
    required("ledger", hasBegunRunNotGivenUp(id) ? live("its run has begun and not returned") : absent),
    required("tick", tick(id, briefing)),
  ];
}

function active(id: JobId): Answer {
  const among = isAmongActiveJobs(id);
  if (among === undefined) return unread("the set of active jobs has an unknown shape");
  return among ? live("among the active jobs, its result is not applied yet") : absent;
}

/**
 * Every scheduler that was heard to begin a run is watched. An active run that was not heard to begin may belong to one
 * that is not, in the middle of a batch.
 */
function tick(id: JobId, briefing: Briefing): Answer {
  if (isTicking()) return waiting(`a scheduler is in the middle of a batch${heldBy()}`);
  const active = activeJobIds();
  if (active === undefined) return unread("the set of active jobs has an unknown shape");
  const unheard = active.find((each) => each !== id && !briefing.hasUnfinishedRun(each));
  return unheard === undefined ? absent : waiting(`the run of job ${unheard} may hold a batch that is not watched`);
}

/** A batch ends with its slowest member: the active jobs that still have a session or wait in a lane. */
function heldBy(): string {
  const holders = (activeJobIds() ?? []).filter((id) =>
    [askSessions(id), askSessionLane(id)].some(({ kind }) => kind === "live" || kind === "waiting"),
  );
  return holders.length === 0 ? "" : `, held by job ${holders.slice(0, 3).join(", ")}`;
}

const required = (witness: Testimony["witness"], answer: Answer): Testimony => ({ witness, role: "required", answer });
