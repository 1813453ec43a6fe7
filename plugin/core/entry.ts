import type { RunMark } from "./job.ts";
import { type Instant, type Millis, millis } from "./time.ts";

/** Every entry that we write begins with this; operators search their history for it. */
export const TAG = "[synthesized by openclaw-cron-healer]";

/** The run-history record that a dead run never wrote. Its identity is the run: job and start. */
export interface RunEntry {
  readonly mark: RunMark;
  readonly endedAt: Instant;
  readonly duration: Millis;
  readonly text: string;
}

export function synthesize(mark: RunMark, endedAt: Instant, cause: string, witnesses: string): RunEntry {
  const duration = millis(Math.max(0, endedAt - mark.startedAt));
  return { mark, endedAt, duration, text: `${TAG} run lost: ${cause}; witnesses: ${witnesses}` };
}

/** What the entry of a run says whose mark the gateway had cleared itself: there was nothing left to release. */
export const WIPED = "the gateway cleared it without history";

export const isOurs = (text: unknown): boolean => typeof text === "string" && text.startsWith(TAG);

/** An entry that we wrote when we released a job, and not only to tell of a run that the gateway forgot. */
export const isRelease = (text: string | undefined): boolean => isOurs(text) && text?.includes(WIPED) !== true;

/** A mark and the `runAtMs` of the same run may lie some milliseconds apart; two runs of one job never do. */
const SAME_RUN = 250;

/** Which records of a job's history can be those of one run. */
export interface RunSpan {
  readonly startedAt: Instant;
  /** The start of the last run whose result the job's state knows; undefined if it knows of none. */
  readonly settledUntil: number | undefined;
  /** No run that began from here on can be meant. */
  readonly before: number;
}

/** A store that writes the same start into mark and history. */
export const exactly = (startedAt: Instant): RunSpan => ({ startedAt, settledUntil: Infinity, before: Infinity });

/**
 * Whether a record tells of the run. Up to 7.1 a batch is marked at once and its members begin one after another, each
 * with a start of its own in the history: a run at or after the mark, which the state that holds the mark does not know
 * of, is the marked one.
 */
export function isOfRun({ startedAt, settledUntil, before }: RunSpan, runAt: unknown): boolean {
  if (typeof runAt !== "number") return false;
  if (sameRun(startedAt, runAt)) return true;
  return runAt > startedAt && runAt > (settledUntil ?? -Infinity) && runAt < before;
}

export const sameRun = (startedAt: Instant, runAt: unknown): boolean =>
  typeof runAt === "number" && Math.abs(runAt - startedAt) <= SAME_RUN;
