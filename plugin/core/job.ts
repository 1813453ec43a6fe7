import type { Observed } from "./observed.ts";
import type { Instant, Millis } from "./time.ts";

declare const brand: unique symbol;
export type JobId = string & { readonly [brand]: "job-id" };
export const jobId = (value: string): JobId => value as JobId;

/** The store's claim "this job has been running since then". Also the fence of every write. */
export interface RunMark {
  readonly jobId: JobId;
  readonly startedAt: Instant;
}

export const sameMark = (one: RunMark, other: RunMark): boolean =>
  one.jobId === other.jobId && one.startedAt === other.startedAt;

/** One string for one run, for maps and sets. */
export const markKey = (mark: RunMark): string => `${mark.startedAt}@${mark.jobId}`;

/** What a decision needs to know of an isolated agent job. */
export interface Job {
  readonly id: JobId;
  readonly name: string;
  readonly agentId: string;
  /** `timeoutSeconds` as the job declares it; zero or less means "no limit". */
  readonly timeout: Millis | undefined;
  /** The smallest gap between two slots; undefined for one-shot jobs. */
  readonly interval: Observed<Millis | undefined>;
}
