import { type RunEntry, synthesize } from "./entry.ts";
import type { Finding } from "./examine.ts";
import type { Policy } from "./policy.ts";
import { spokenTestimony } from "./testimony.ts";
import type { Instant } from "./time.ts";

/** What a pass does about one finding. Anything but an orphan is left alone. */
export type Action =
  | { readonly kind: "leave"; readonly finding: Finding }
  | { readonly kind: "release"; readonly finding: Finding; readonly entry: RunEntry | undefined }
  | { readonly kind: "triage"; readonly finding: Finding; readonly releases: number };

export const plan = (findings: readonly Finding[], at: Instant, policy: Policy): readonly Action[] =>
  findings.map((finding) => actionFor(finding, at, policy));

function actionFor(finding: Finding, at: Instant, { budget }: Policy): Action {
  const { claim, verdict } = finding;
  if (verdict.kind !== "orphan" || claim.past.kind === "unread") return { kind: "leave", finding };
  const { entry, releases } = claim.past.value;
  if (claim.standing === "wiped") {
    return entry === "none" ? { kind: "release", finding, entry: entryFor(finding, at) } : { kind: "leave", finding };
  }
  if (releases >= budget.releases) return { kind: "triage", finding, releases };
  return { kind: "release", finding, entry: entry === "none" ? entryFor(finding, at) : undefined };
}

const entryFor = ({ claim, verdict }: Finding, at: Instant): RunEntry =>
  synthesize(claim.mark, at, verdict.because, spokenTestimony(claim.testimony));
