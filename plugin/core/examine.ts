import { sameRun } from "./entry.ts";
import { experienceOf, type Lessons, learn, NO_LESSONS } from "./experience.ts";
import type { RunMark } from "./job.ts";
import { type Patience, patienceFor } from "./patience.ts";
import type { Policy } from "./policy.ts";
import { disturbed, firstSight, type Sighting } from "./sighting.ts";
import type { Claim, Snapshot } from "./snapshot.ts";
import { ageAt, type ProcessTime } from "./time.ts";
import { type Judgement, judge, type Verdict } from "./verdict.ts";

/** What the healer remembers between two passes. */
export type Memory = ReadonlyMap<string, Remembered>;

export interface Remembered {
  readonly mark: RunMark;
  readonly sighting: Sighting;
  /** The last thing said aloud about this mark; the same thing is not said twice. */
  readonly said: string | undefined;
}

/** One claim, judged. */
export interface Finding {
  readonly claim: Claim;
  readonly verdict: Verdict;
  readonly patience: Patience;
  readonly overdue: boolean;
  /** Whether this verdict is worth a line: it is new, or patience has just passed. */
  readonly news: boolean;
}

export interface Examination {
  readonly findings: readonly Finding[];
  readonly memory: Memory;
  /** Set when most runs went silent at once: the witnesses are suspected, not the runs. */
  readonly suspicion: Suspicion | undefined;
  readonly wronglySuspected: readonly Finding[];
  readonly lessons: Lessons;
}

export interface Suspicion {
  readonly silent: number;
  readonly watched: number;
}

/** Judges every claim of a snapshot. Marks that are gone are forgotten. */
export function examine(
  snapshot: Snapshot,
  memory: Memory,
  policy: Policy,
  lessons: Lessons = NO_LESSONS,
): Examination {
  const judged = markedTogether(judgeAll(snapshot, memory, policy, lessons));
  const suspicion = suspect(judged);
  const next = new Map<string, Remembered>();
  const findings = judged.map(({ claim, patience, said, ...judgement }) => {
    const { verdict, sighting } =
      suspicion === undefined ? judgement : distrust(judgement.verdict, judgement.sighting, snapshot.looked.until);
    const overdue = ageAt(snapshot.at, claim.mark.startedAt) > patience.length;
    const saying = `${verdict.kind}${isSilence(verdict) ? ", silent" : ""}${overdue ? " beyond patience" : ""}`;
    next.set(memoryKey(claim), { mark: claim.mark, sighting, said: saying });
    return { claim, verdict, patience, overdue, news: said !== saying } satisfies Finding;
  });
  const wronglySuspected = findings.filter((_, index) => judged[index]?.wronglySuspected === true);
  const learnt = learn(lessons, [...new Set(wronglySuspected.map(({ claim }) => claim.job.id))]);
  return { findings, memory: next, suspicion, wronglySuspected, lessons: learnt };
}

interface Judged extends Judgement {
  readonly claim: Claim;
  readonly patience: Patience;
  readonly said: string | undefined;
}

const judgeAll = (snapshot: Snapshot, memory: Memory, policy: Policy, lessons: Lessons): readonly Judged[] =>
  snapshot.claims.map((claim) => {
    const remembered = recall(memory, claim);
    const patience = patienceFor(claim.job, policy, experienceOf(claim, lessons));
    const sighting = remembered?.sighting ?? firstSight(snapshot);
    return { claim, patience, said: remembered?.said, ...judge(claim, sighting, snapshot, policy, patience) };
  });

/** After a stall, a suspend or a step of the clock nothing that was seen before counts. */
export const disturbAll = (memory: Memory, at: ProcessTime): Memory =>
  new Map([...memory].map(([key, each]) => [key, { ...each, sighting: disturbed(each.sighting, at) }]));

/** The earliest moment at which another look can tell more, if any mark waits for one. */
export function nextLook(findings: readonly Finding[]): ProcessTime | undefined {
  const moments = findings.flatMap(({ verdict }) =>
    verdict.kind === "unknown" && verdict.lookAgain !== undefined ? [verdict.lookAgain] : [],
  );
  return moments.length === 0 ? undefined : (Math.min(...moments) as ProcessTime);
}

/** Silent so far, and another look will tell: not yet a doubt. */
const isSilence = (verdict: Verdict): boolean => verdict.kind === "unknown" && verdict.lookAgain !== undefined;

/** A mark may move by some milliseconds within one run, between memory and disk; it is the same run all the while. */
function recall(memory: Memory, claim: Claim): Remembered | undefined {
  const remembered = memory.get(memoryKey(claim));
  return remembered !== undefined && sameRun(claim.mark.startedAt, remembered.mark.startedAt) ? remembered : undefined;
}

const memoryKey = ({ mark, standing }: Claim): string => `${standing} ${mark.jobId}`;

const SUSPICIOUS = 3;

/**
 * Three or more runs that were seen alive, and more than half of all such, are silent at one look. That is remembered
 * until they are seen again: some of them may finish before the rest would be called dead.
 */
function markedTogether(judged: readonly Judged[]): readonly Judged[] {
  const watched = judged.filter(({ sighting }) => sighting.seenAlive);
  const silent = watched.filter(({ verdict }) => isSilence(verdict) || isDeadByLooks(verdict));
  if (silent.length < SUSPICIOUS || silent.length * 2 <= watched.length) return judged;
  return judged.map((each) =>
    silent.includes(each) ? { ...each, sighting: { ...each.sighting, silentTogether: true } } : each,
  );
}

/** Runs that fell silent together are about to be called dead. */
function suspect(judged: readonly Judged[]): Suspicion | undefined {
  const silent = judged.filter(({ verdict, sighting }) => sighting.silentTogether && isDeadByLooks(verdict));
  if (silent.length === 0) return undefined;
  return { silent: silent.length, watched: judged.filter(({ sighting }) => sighting.seenAlive).length };
}

const isDeadByLooks = (verdict: Verdict): boolean => verdict.kind === "orphan" && verdict.proof === "two-looks";

function distrust(verdict: Verdict, sighting: Sighting, at: ProcessTime): { verdict: Verdict; sighting: Sighting } {
  if (verdict.kind !== "orphan" || verdict.proof === "owner-gone") return { verdict, sighting };
  return {
    verdict: { kind: "unknown", because: "most runs went silent at once", lookAgain: undefined },
    sighting: { ...disturbed(sighting, at), distrusted: sighting.seenAlive || sighting.distrusted },
  };
}
