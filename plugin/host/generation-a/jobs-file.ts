import { type Observed, read, unread } from "../../core/observed.ts";
import { type RawJob, rawJob } from "../read-job.ts";
import { readRegularFile } from "../regular-file.ts";
import { property } from "../shape.ts";
import { oddVersion } from "../store-version.ts";

/** A larger store is not read from disk: the scheduler's own memory serves from then on. */
const LARGEST = 16 * 1024 * 1024;

/** The isolated agent jobs in the file. A file that is not there holds none. */
export async function readJobsFile(path: string): Promise<Observed<readonly RawJob[]>> {
  const text = await readRegularFile(path, LARGEST);
  if (text.kind === "unread") return text;
  if (text.value === undefined) return read([]);
  let store: unknown;
  try {
    store = JSON.parse(text.value);
  } catch {
    // The parser's own words would quote the file.
    return unread(`${path}: no JSON`);
  }
  const odd = oddVersion(store);
  if (odd !== undefined) return unread(`${path}: ${odd}`);
  const jobs = property(store, "jobs");
  return Array.isArray(jobs) ? read(rawJobs(jobs)) : unread(`${path} has no list of jobs`);
}

export const rawJobs = (jobs: readonly unknown[]): readonly RawJob[] =>
  jobs.map((job) => rawJob(job)).filter((job) => job !== undefined);
