import type { Instant, Millis } from "./time.ts";

/** The numbers that the decision obeys; settings in their core form. */
export interface Policy {
  readonly windows: Windows;
  readonly patience: PatiencePolicy;
  readonly overrides: readonly Override[];
  readonly budget: Budget;
}

export interface Windows {
  /** From the first sight of a mark to the first strike. Longer than the longest start lag of the gateway. */
  readonly grace: Millis;
  /** From the first strike to the look that may release. Longer than the longest finish lag. */
  readonly look: Millis;
  /** Both of them, for a run that was seen alive and has ended since. */
  readonly ended: Millis;
}

export interface PatiencePolicy {
  readonly floor: Millis;
  readonly ceiling: Millis;
  readonly intervals: number;
  /** The operator's environment override: beats everything but a job's own override. */
  readonly forAll: Millis | undefined;
}

/** What an operator said about one job, by its id or its name. */
export interface Override {
  readonly job: string;
  readonly patience: Millis | undefined;
  readonly watch: boolean;
}

export interface Budget {
  readonly releases: number;
  readonly within: Millis;
}

/** Only releases after this moment count against the budget. */
export const budgetSince = (budget: Budget, at: Instant): Instant => (at - budget.within) as Instant;
