import type { RunSpan } from "./entry.ts";
import type { Job, RunMark } from "./job.ts";
import type { Observed, Unread } from "./observed.ts";
import type { Testimony } from "./testimony.ts";
import type { Instant, Millis, ProcessTime } from "./time.ts";

/** Everything one pass saw. The decision reads this and nothing else. */
export interface Snapshot {
  readonly at: Instant;
  /** When the first witness was asked, and when the last one had answered. */
  readonly looked: { readonly from: ProcessTime; readonly until: ProcessTime };
  readonly scheduler: SchedulerCondition;
  readonly claims: readonly Claim[];
  /** Whatever could not be read, in words. Jobs that are not among the claims because of it are left alone. */
  readonly unread: readonly string[];
}

/**
 * Whether the gateway's own scheduler leaves room for us. While it recovers, drains or is paused, nothing is released.
 */
export type SchedulerCondition =
  | { readonly kind: "settled"; readonly healsItself: Millis | undefined }
  | { readonly kind: "busy"; readonly because: string; readonly lookAgain: ProcessTime | undefined };

/**
 * `held`: the mark is in the store. `wiped`: the gateway cleared it at its start and wrote no history. `untold`: it gave the
 * run up later, by its own record, and wrote no history either. `receipt-only`: there is no mark, yet a running receipt of
 * this process holds the job.
 */
export type Standing = "held" | "wiped" | "untold" | "receipt-only";

/** One run that the store claims to be alive, or claimed until the gateway started. */
export interface Claim {
  readonly mark: RunMark;
  readonly standing: Standing;
  readonly job: Job;
  readonly testimony: readonly Testimony[];
  readonly evidence: Evidence;
  readonly origin: Origin;
  readonly past: Observed<Past>;
  /** Which records of the history are this run's; where it is not given, those with the very start of the mark. */
  readonly span?: RunSpan;
}

/** Complete only by the adapter's positive list of run kinds that its witnesses cannot miss. */
export type Evidence =
  | { readonly kind: "complete"; readonly because: string }
  | { readonly kind: "incomplete"; readonly because: string };

/** Where the mark comes from, as far as it can be proven. */
export interface Origin {
  readonly olderThanProcess: boolean;
  readonly readBeforeScheduler: boolean;
  readonly clockStepped: boolean;
  /** The pid that the store names as the owner, on stores which name one. */
  readonly owner: "not-named" | "gone" | "here" | "elsewhere" | Unread;
}

/** What the history already says about the job. */
export interface Past {
  /** Who wrote an entry for this very run, if anybody did. */
  readonly entry: "none" | "ours" | "the gateway's";
  /** When the entry says that the run ended; undefined without one. */
  readonly endedAt: Instant | undefined;
  /** Our releases of this job in the last 72 hours, since its last good run. */
  readonly releases: number;
  /** When the first of them was; undefined without one. */
  readonly releasedSince: Instant | undefined;
  /** How long the last good runs of the job took, newest first. */
  readonly durations: readonly Millis[];
}
