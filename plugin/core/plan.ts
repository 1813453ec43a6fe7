import { type RunEntry, synthesize } from "./entry.ts";
import type { Finding } from "./examine.ts";
import { spokenTestimony } from "./testimony.ts";
import type { Instant } from "./time.ts";
import type { Review } from "./triage.ts";

/** What a pass does about one finding. Anything but an orphan or a wedge is left alone. */
export type Action =
  | { readonly kind: "leave"; readonly finding: Finding }
  | { readonly kind: "release"; readonly finding: Finding; readonly entry: RunEntry | undefined }
  | { readonly kind: "triage"; readonly finding: Finding; readonly review: Review };

export const plan = (findings: readonly Finding[], at: Instant): readonly Action[] =>
  findings.map((finding) => actionFor(finding, at));

function actionFor(finding: Finding, at: Instant): Action {
  const { claim, verdict, review } = finding;
  if ((verdict.kind !== "orphan" && verdict.kind !== "wedged") || claim.past.kind === "unread")
    return { kind: "leave", finding };
  const { entry } = claim.past.value;
  if (claim.standing === "wiped" || claim.standing === "untold") {
    return entry === "none" ? { kind: "release", finding, entry: entryFor(finding, at) } : { kind: "leave", finding };
  }
  if (review !== undefined) return { kind: "triage", finding, review };
  // The history of a wedged run is whole: the gateway has told its end.
  const missing = verdict.kind === "orphan" && entry === "none";
  return { kind: "release", finding, entry: missing ? entryFor(finding, at) : undefined };
}

const entryFor = ({ claim, verdict }: Finding, at: Instant): RunEntry =>
  synthesize(claim.mark, at, verdict.because, spokenTestimony(claim.testimony));
