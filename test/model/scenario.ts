import type { Budget } from "./world.ts";

/** One configuration of the world, small enough to be searched to its end. Lengths are in ticks. */
export interface Scenario {
  readonly name: string;
  readonly jobs: number;
  readonly gateways: number;
  readonly healers: number;
  /**
   * What a gateway start does to marks: `A` remembers and wipes them, `D` writes their entries itself, `off` leaves them
   * because its scheduler never starts.
   */
  readonly generation: "A" | "D" | "off";
  /** Whether the store names the owner of a run. */
  readonly namesOwners: boolean;
  /** `timeoutSeconds` of every job. */
  readonly timeout: number;
  readonly lag: number;
  readonly windows: { readonly grace: number; readonly look: number; readonly ended: number };
  /** How long one look may take before it is given up. */
  readonly lookLasts: number;
  /** Whether runs have a phase that no witness sees, up to the host's limit. */
  readonly blind: boolean;
  /** Whether all due jobs of a tick are marked at once. */
  readonly batches: boolean;
  readonly emptiesRegistry: boolean;
  /** Whether the healer has seen every run alive before the registry may be emptied. */
  readonly seenBefore: boolean;
  /** After so many releases without a good run a job is left to the operator. */
  readonly releases: number;
  /** Lengths of stalls in ticks, of sleeps in ticks, of wall clock steps in milliseconds. */
  readonly stalls: readonly number[];
  readonly sleeps: readonly number[];
  readonly steps: readonly number[];
  readonly errors: boolean;
  /** The gateway is slower than any lag it promised: then at least no run is released that a witness sees. */
  readonly overruns: boolean;
  readonly budget: Budget;
}

/** The host's minute of cleanup. */
const CLEANUP = 4;

/** The host's limit for a run that no witness sees. */
export const hostLimit = ({ timeout }: Scenario): number => timeout + CLEANUP;

/** Whether it counts how often a job was released. */
export const hasBudget = ({ releases }: Scenario): boolean => Number.isFinite(releases);

/** Whether the length of a run counts: it has no end of its own but the host's. */
export const isLimited = ({ blind, emptiesRegistry }: Scenario): boolean => blind || emptiesRegistry;
