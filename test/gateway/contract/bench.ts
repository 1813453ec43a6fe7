import type { Result } from "../../../plugin/apply.ts";
import type { RunEntry } from "../../../plugin/core/entry.ts";
import type { Claim } from "../../../plugin/core/snapshot.ts";
import type { Host, HostErrorCode } from "../../../plugin/host/port.ts";
import type { Photograph } from "./photograph.ts";

/** A store behind the port, and the means to set it up, to disturb it and to see what became of it. */
export interface Bench extends AsyncDisposable {
  readonly host: Host;
  /** The release as a pass of the plugin carries it out, with its retries. */
  apply(claim: Claim, entry: RunEntry | undefined): Promise<{ readonly result: Result; readonly took: number }>;
  /** A new job whose mark no run stands behind; answers its id. */
  stuck(startedAt: number): Promise<string>;
  /** A new job whose run is alive; answers its id. */
  live(): Promise<string>;
  /** Lets that run end well, and waits for its result. */
  finish(job: string): Promise<void>;
  /** New jobs that are no business of ours, each marked as running. */
  strangers(startedAt: number): Promise<readonly string[]>;
  /** The gateway itself sets the job's mark. */
  mark(job: string, startedAt: number | undefined): Promise<void>;
  remove(job: string): Promise<void>;
  /** The mark as the store holds it. */
  markOf(job: string): Promise<number | undefined>;
  /** The job's history as the gateway's own command shows it. */
  told(job: string): Promise<readonly Told[]>;
  /** The history of this job cannot be written, until it is let go. */
  hold(job: string): Promise<Hold>;
  /** A part of the store that tells of this job cannot be understood, until it is mended. */
  spoil(job: string): Promise<() => Promise<void>>;
  /** Whether the gateway answers now. */
  answers(): Promise<boolean>;
  photograph(): Promise<Photograph>;
  /** All that a release changes, with the job's id as JOB and any other as ID. */
  readonly changedByRelease: readonly string[];
  /** What the gateway itself changes at any time, such as a sign of life. */
  readonly restless?: RegExp | undefined;
  /** Milliseconds of the gateway's time, in one piece, that the last call took. */
  readonly longestTurn: number;
}

export interface Told {
  readonly status: string;
  readonly error?: string;
  readonly runAtMs?: number;
}

export interface Hold {
  readonly code: HostErrorCode;
  letGo(): Promise<void>;
}
