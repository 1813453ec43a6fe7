import { type RunMark, sameMark } from "../../core/job.ts";
import type { Observed } from "../../core/observed.ts";
import { processWide } from "../process-wide.ts";
import { jobsInMemory, type Scheduler, storePath } from "./gateway.ts";
import { readJobsFile } from "./jobs-file.ts";

/** A mark as the store held it, with the last run whose result it knew. */
export interface LeftOverMark extends RunMark {
  readonly settledUntil: number | undefined;
}

interface LeftOver {
  marks: readonly LeftOverMark[];
  /** Whether a start of this process has read, or tried to read: a later start is no gateway start. */
  tried: boolean;
}

/** The marks that the store held before any scheduler of this process had started. */
export const leftOver = (): LeftOver => processWide("left-over", () => ({ marks: [], tried: false }));

/**
 * Called in the service start, which this generation awaits before its scheduler wipes the marks. Answers undefined when
 * it is too late: a scheduler of this process has already been at work.
 */
export async function rememberLeftOver(scheduler: Scheduler): Promise<Observed<readonly RunMark[]> | undefined> {
  const known = leftOver();
  if (known.tried || jobsInMemory(scheduler) !== undefined) return undefined;
  known.tried = true;
  const jobs = await readJobsFile(storePath(scheduler));
  if (jobs.kind === "unread") return jobs;
  if (jobsInMemory(scheduler) !== undefined) return { kind: "unread", because: "the scheduler was faster" };
  known.marks = jobs.value.flatMap(({ mark, settledUntil }) => (mark === undefined ? [] : [{ ...mark, settledUntil }]));
  return { kind: "read", value: known.marks };
}

export function forgetLeftOver(mark: RunMark): void {
  const known = leftOver();
  known.marks = known.marks.filter((each) => !sameMark(each, mark));
}
