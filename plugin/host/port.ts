import type { RunEntry } from "../core/entry.ts";
import type { Claim, Snapshot } from "../core/snapshot.ts";
import type { Instant } from "../core/time.ts";

/** The gateway as we see it. One verb writes. */
export interface Host {
  readonly description: HostDescription;
  snapshot(): Promise<Snapshot>;
  /**
   * Clears the mark and writes the entry, both or neither, and only if the mark is still exactly the one that was
   * judged and every witness, asked again, still says absent. Fails with a HostError.
   */
  release(claim: Claim, entry: RunEntry | undefined): Promise<Receipt>;
}

export type Receipt =
  | {
      readonly kind: "released";
      readonly entry: "written" | "already there" | "restored from the task ledger";
      /** The run's own result, put back into the job's state because the gateway had failed to write it there. */
      readonly result?: string;
    }
  | { readonly kind: "withheld"; readonly because: string }
  | { readonly kind: "moved-on"; readonly now: Instant | undefined };

/** What was found here and what of it is used; the `ready` line says it. */
export interface HostDescription {
  readonly generation: string;
  readonly capabilities: readonly string[];
}

export type HostErrorCode =
  /** Somebody else holds the store for the moment: try again. */
  | "busy"
  /** The host refused, or answered what it should not. */
  | "refused"
  /** The store is not what we know: nothing may be written. */
  | "not-understood";

export class HostError extends Error {
  readonly code: HostErrorCode;

  constructor(code: HostErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "HostError";
    this.code = code;
  }
}
