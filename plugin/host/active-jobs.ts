import { type JobId, jobId } from "../core/job.ts";
import { ofGateway } from "./process-wide.ts";
import { property } from "./shape.ts";

/**
 * The gateway's set of active cron jobs. It does not exist before its first use, and its shape changed twice; undefined
 * says that it is of no known shape.
 */
export function activeJobIds(): readonly JobId[] | undefined {
  const state = ofGateway("cron.activeJobs");
  if (state === undefined) return [];
  const jobs = property(state, "activeJobs") ?? property(state, "activeJobIds");
  return jobs instanceof Map || jobs instanceof Set ? [...jobs.keys()].map((id) => jobId(String(id))) : undefined;
}

/** Whether there is such a set at all: the first run of a process makes it. */
export const hasActiveJobs = (): boolean => ofGateway("cron.activeJobs") !== undefined;

/** Whether the set names this job; undefined if it is of no known shape. */
export const isAmongActiveJobs = (id: JobId): boolean | undefined => activeJobIds()?.includes(id);
