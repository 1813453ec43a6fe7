import { WIPED } from "./entry.ts";
import { distrustLimit, incompleteLimit, overrideFor, type Patience } from "./patience.ts";
import type { Policy } from "./policy.ts";
import { disturbed, type Sighting, seenAlive, silenceOf } from "./sighting.ts";
import type { Claim, Snapshot } from "./snapshot.ts";
import type { Answer, Testimony } from "./testimony.ts";
import { ageAt, between, later, millis, type ProcessTime, seconds, spoken } from "./time.ts";

/** What we hold of one claim, and why. Only `orphan` leads to a deed. */
export type Verdict =
  | { readonly kind: "live"; readonly because: string }
  | { readonly kind: "waiting"; readonly because: string }
  | { readonly kind: "orphan"; readonly because: string; readonly proof: Proof }
  | { readonly kind: "wedged"; readonly because: string }
  | { readonly kind: "hung"; readonly because: string }
  | { readonly kind: "unknown"; readonly because: string; readonly lookAgain: ProcessTime | undefined };

export type Proof = "owner-gone" | "two-looks" | "two-looks-and-age" | "given-up";

export interface Judgement {
  readonly verdict: Verdict;
  readonly sighting: Sighting;
  /** Its silence had been held against it, and it lives. */
  readonly wronglySuspected?: boolean;
}

/** How long after its end a run may still hold its receipt: the gateway's abort grace is 30 s. */
const SETTLEMENT = seconds(60);

/** Read top to bottom: the first line that holds decides. Doubt leaves the run alone. */
export function judge(
  claim: Claim,
  sighting: Sighting,
  snapshot: Snapshot,
  policy: Policy,
  patience: Patience,
): Judgement {
  const { until } = snapshot.looked;
  const held = (verdict: Verdict): Judgement => ({ verdict, sighting: disturbed(sighting, until) });

  if (overrideFor(claim.job, policy)?.watch === false) return held(unknown("not watched, by its override"));
  if (claim.standing === "receipt-only") return judgeReceipt(claim, sighting, snapshot);
  const alive = answered(claim, "live");
  // Another gateway may own the run; that it lives is no sign of life of the run itself.
  if (alive?.witness === "other-gateway") return held(liveVerdict(alive));
  if (alive !== undefined) {
    const verdict = claim.standing === "held" && hangs(claim, snapshot, patience) ? hung(alive) : liveVerdict(alive);
    const wronglySuspected = sighting.strike !== undefined || sighting.distrusted;
    return { verdict, sighting: seenAlive(sighting, until), wronglySuspected };
  }
  if (claim.origin.owner === "elsewhere") return held({ kind: "live", because: "its owner is another living process" });
  const queued = answered(claim, "waiting");
  if (queued !== undefined) return held({ kind: "waiting", because: spokenHold(queued) });
  const silent = claim.testimony.find(({ role, answer }) => role === "required" && answer.kind === "unread");
  if (silent !== undefined) return held(unknown(`${silent.witness} unread: ${why(silent.answer)}`));
  if (typeof claim.origin.owner === "object") return held(unknown(`owner unread: ${claim.origin.owner.because}`));
  if (claim.past.kind === "unread") return held(unknown(`history unread: ${claim.past.because}`));
  if (snapshot.scheduler.kind === "busy" && claim.standing !== "wiped") {
    return held(unknown(`scheduler ${snapshot.scheduler.because}`, snapshot.scheduler.lookAgain));
  }
  if (ownerGone(claim, sighting)) return { verdict: orphan("owner-gone", ownerGoneBecause(claim)), sighting };
  if (claim.standing === "wiped" && claim.evidence.kind === "complete") {
    return held(unknown("its owner is not proven dead"));
  }
  return judgeSilence(claim, sighting, snapshot, policy, patience);
}

/** Every witness said absent, but nobody can prove that the owner died: two looks, and an age where evidence is thin. */
function judgeSilence(
  claim: Claim,
  sighting: Sighting,
  snapshot: Snapshot,
  policy: Policy,
  patience: Patience,
): Judgement {
  // What the gateway has given up already it will not heal at a later tick.
  const heals = snapshot.scheduler.kind === "settled" && claim.standing === "held";
  const headStart = heals ? snapshot.scheduler.healsItself : undefined;
  const silence = silenceOf(sighting, snapshot, policy, headStart);
  switch (silence.kind) {
    case "too-early":
      return { verdict: unknown("silent, too early for a first look", silence.lookAgain), sighting };
    case "first-look":
      return {
        verdict: unknown("silent at the first look", silence.lookAgain),
        sighting: { ...sighting, strike: snapshot.looked.until },
      };
    case "between-looks":
      return { verdict: unknown("silent, too early for the second look", silence.lookAgain), sighting };
    case "second-look":
      return { verdict: afterTwoLooks(claim, sighting, snapshot, policy, patience), sighting };
  }
}

function afterTwoLooks(
  claim: Claim,
  sighting: Sighting,
  snapshot: Snapshot,
  policy: Policy,
  patience: Patience,
): Verdict {
  if (claim.standing === "untold") return orphan("given-up", `${WIPED}, every witness absent at two looks`);
  const thin = thinness(claim, sighting);
  if (thin === undefined) return orphan("two-looks", "every witness absent at two looks");
  const limitOf = claim.evidence.kind === "complete" ? distrustLimit : incompleteLimit;
  const limit = limitOf(claim.job, patience, policy);
  const watched = between(sighting.firstSeen, snapshot.looked.from);
  if (watched > limit) return orphan("two-looks-and-age", `absent at two looks, ${thin}, watched ${spoken(watched)}`);
  return unknown(
    `evidence incomplete: ${thin}; may go ${spoken(limit)} after first sight`,
    later(sighting.firstSeen, millis(limit + 1)),
  );
}

function thinness(claim: Claim, sighting: Sighting): string | undefined {
  if (sighting.distrusted) return "its witnesses went silent together with most others";
  return claim.evidence.kind === "incomplete" ? claim.evidence.because : undefined;
}

/** Proof that needs no second look: nobody who could have set this mark is alive. */
function ownerGone({ origin }: Claim, sighting: Sighting): boolean {
  if (sighting.seenAlive || origin.clockStepped) return false;
  return (
    origin.olderThanProcess && origin.readBeforeScheduler && (origin.owner === "gone" || origin.owner === "not-named")
  );
}

function ownerGoneBecause({ origin, standing }: Claim): string {
  const owner = origin.owner === "gone" ? "its owner's pid is gone" : "the mark is older than this process";
  return standing === "wiped" ? `${owner}, and ${WIPED}` : owner;
}

/** Alive, but outside any session and beyond patience: the run sits where no model call can end it. */
function hangs(claim: Claim, snapshot: Snapshot, patience: Patience): boolean {
  const session = claim.testimony.find(({ witness }) => witness === "session");
  return session?.answer.kind === "absent" && ageAt(snapshot.at, claim.mark.startedAt) > patience.length;
}

/**
 * A receipt without a mark: the run has ended, and only its promise has not come back. The lane is no witness here: a
 * command-line run that was given up keeps it for ever.
 */
function judgeReceipt(claim: Claim, sighting: Sighting, { at, looked, scheduler }: Snapshot): Judgement {
  const held = (verdict: Verdict): Judgement => ({ verdict, sighting: disturbed(sighting, looked.until) });
  const witnesses = claim.testimony.filter(({ witness }) => witness !== "lane");
  const holds = witnesses.find(({ answer }) => answer.kind === "live" || answer.kind === "waiting");
  if (holds !== undefined) return held(liveVerdict(holds));
  if (claim.origin.owner !== "here") return held(unknown("its receipt is not this process's own"));
  const silent = witnesses.find(({ role, answer }) => role === "required" && answer.kind === "unread");
  if (silent !== undefined) return held(unknown(`${silent.witness} unread: ${why(silent.answer)}`));
  if (claim.past.kind === "unread") return held(unknown(`history unread: ${claim.past.because}`));
  const { endedAt } = claim.past.value;
  if (endedAt === undefined) {
    return held(unknown("its receipt runs without a mark, and no entry says that the run ended"));
  }
  if (scheduler.kind === "busy") return held(unknown(`scheduler ${scheduler.because}`, scheduler.lookAgain));
  const since = ageAt(at, endedAt);
  // The wall clock may have been set forward: what this process has watched itself counts too.
  const settled = Math.min(since, between(sighting.quietSince, looked.from));
  if (settled < SETTLEMENT) {
    const lookAgain = later(looked.until, millis(SETTLEMENT - settled));
    return { verdict: unknown(`ended ${spoken(since)} ago, may still be settling`, lookAgain), sighting };
  }
  const because = `the run ended ${spoken(since)} ago, its receipt still holds the job`;
  return { verdict: { kind: "wedged", because }, sighting };
}

const answered = (claim: Claim, kind: "live" | "waiting"): Testimony | undefined =>
  claim.testimony.find(({ answer }) => answer.kind === kind);

const liveVerdict = (alive: Testimony): Verdict => ({ kind: "live", because: spokenHold(alive) });
const hung = (alive: Testimony): Verdict => ({ kind: "hung", because: `${spokenHold(alive)}, but no session` });
const orphan = (proof: Proof, because: string): Verdict => ({ kind: "orphan", because, proof });
const unknown = (because: string, lookAgain?: ProcessTime): Verdict => ({ kind: "unknown", because, lookAgain });
const spokenHold = ({ witness, answer }: Testimony): string => `${witness}: ${why(answer)}`;
const why = (answer: Answer): string => (answer.kind === "absent" ? "absent" : answer.because);
