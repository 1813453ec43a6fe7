import type { JobId } from "../core/job.ts";
import { ofGateway } from "./process-wide.ts";
import { property } from "./shape.ts";

/**
 * Whether the gateway's set of active cron jobs names this one. The set does not exist before its first use, and its
 * shape changed twice; undefined says that it is of no known shape.
 */
export function isAmongActiveJobs(id: JobId): boolean | undefined {
  const state = ofGateway("cron.activeJobs");
  if (state === undefined) return false;
  const jobs = property(state, "activeJobs") ?? property(state, "activeJobIds");
  return jobs instanceof Map || jobs instanceof Set ? jobs.has(id) : undefined;
}
