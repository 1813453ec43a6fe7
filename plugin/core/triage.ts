import type { Policy } from "./policy.ts";
import type { Claim } from "./snapshot.ts";
import { type Instant, spoken } from "./time.ts";
import type { Verdict } from "./verdict.ts";

/** Why a job is left to the operator, and since when it kept losing its runs. */
export interface Review {
  readonly reason: string;
  readonly since: Instant;
  readonly releases: number;
}

/** An orphan, or a wedge, whose job was released too often. The history counts, so no restart forgets it. */
export function reviewOf(claim: Claim, verdict: Verdict, { budget }: Policy): Review | undefined {
  if (verdict.kind !== "orphan" && verdict.kind !== "wedged") return undefined;
  if (claim.standing === "wiped" || claim.standing === "untold" || claim.past.kind === "unread") return undefined;
  const { releases, releasedSince } = claim.past.value;
  if (releases < budget.releases) return undefined;
  return {
    reason: `released ${releases} times in ${spoken(budget.within)} without a good run between`,
    since: releasedSince ?? claim.mark.startedAt,
    releases,
  };
}
