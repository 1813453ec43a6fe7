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

export const isOurs = (text: unknown): boolean => typeof text === "string" && text.startsWith(TAG);

/** A mark and the `runAtMs` of the same run may lie some milliseconds apart; two runs of one job never do. */
const SAME_RUN = 250;

export const sameRun = (startedAt: Instant, runAt: unknown): boolean =>
  typeof runAt === "number" && Math.abs(runAt - startedAt) <= SAME_RUN;
