import { sameRun } from "./entry.ts";
import { experienceOf, type Lessons, learn, NO_LESSONS } from "./experience.ts";
import type { RunMark } from "./job.ts";
import { type Patience, patienceFor } from "./patience.ts";
import type { Policy } from "./policy.ts";
import { disturbed, firstSight, type Sighting } from "./sighting.ts";
import type { Claim, Snapshot } from "./snapshot.ts";
import { ageAt, type ProcessTime } from "./time.ts";
import { type Review, reviewOf } from "./triage.ts";
import { type Judgement, judge, type Verdict } from "./verdict.ts";

/** What the healer remembers between two passes. */
export type Memory = ReadonlyMap<string, Remembered>;

export interface Remembered {
  readonly mark: RunMark;
  readonly sighting: Sighting;
  /** The last thing said aloud about this mark; the same thing is not said twice. */
  readonly said: string | undefined;
  /** The operator was told that its job needs review; for one mark that is said once. */
  readonly reviewed: boolean;
}

/** One claim, judged. */
export interface Finding {
  readonly claim: Claim;
  readonly verdict: Verdict;
  readonly patience: Patience;
  readonly overdue: boolean;
  /** Set if the orphan is not to be released once more. */
  readonly review: Review | undefined;
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
  const findings = judged.map(({ claim, patience, said, reviewed, ...judgement }) => {
    const { verdict, sighting } = suspicion === undefined ? judgement : distrust(judgement, snapshot.looked.until);
    const overdue = ageAt(snapshot.at, claim.mark.startedAt) > patience.length;
    const saying = `${verdict.kind}${isSilence(verdict) ? ", silent" : ""}${overdue ? " beyond patience" : ""}`;
    const review = reviewOf(claim, verdict, policy);
    const news = review === undefined ? said !== saying : !reviewed;
    next.set(memoryKey(claim), {
      mark: claim.mark,
      sighting,
      said: saying,
      reviewed: reviewed || review !== undefined,
    });
    return { claim, verdict, patience, overdue, review, news } satisfies Finding;
  });
  const wronglySuspected = findings.filter((_, index) => judged[index]?.wronglySuspected === true);
  const learnt = learn(lessons, [...new Set(wronglySuspected.map(({ claim }) => claim.job.id))]);
  return { findings, memory: next, suspicion, wronglySuspected, lessons: learnt };
}

interface Judged extends Judgement {
  readonly claim: Claim;
  readonly patience: Patience;
  readonly said: string | undefined;
  readonly reviewed: boolean;
}

const judgeAll = (snapshot: Snapshot, memory: Memory, policy: Policy, lessons: Lessons): readonly Judged[] =>
  snapshot.claims.map((claim) => {
    const remembered = recall(memory, claim);
    const patience = patienceFor(claim.job, policy, experienceOf(claim, lessons));
    const sighting = remembered?.sighting ?? firstSight(snapshot);
    const { said, reviewed = false } = remembered ?? {};
    return { claim, patience, said, reviewed, ...judge(claim, sighting, snapshot, policy, patience) };
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
 * That runs fell silent together is remembered until they are seen again: some of them may finish before the rest would
 * be called dead.
 */
function markedTogether(judged: readonly Judged[]): readonly Judged[] {
  const together = new Set([...mostOfTheWatched(judged), ...allThatRun(judged)]);
  return judged.map((each) =>
    together.has(each) ? { ...each, sighting: { ...each.sighting, silentTogether: true } } : each,
  );
}

/** Three or more runs that were seen alive, and more than half of all such, are silent at one look. */
function mostOfTheWatched(judged: readonly Judged[]): readonly Judged[] {
  const watched = judged.filter(({ sighting }) => sighting.seenAlive);
  const silent = watched.filter(isSilent);
  return silent.length >= SUSPICIOUS && silent.length * 2 > watched.length ? silent : [];
}

/** Three or more are past their first look, and not one other run shows that the witnesses can speak at all. */
function allThatRun(judged: readonly Judged[]): readonly Judged[] {
  if (judged.some(({ verdict: { kind } }) => kind === "live" || kind === "hung" || kind === "waiting")) return [];
  const silent = judged.filter((each) => each.sighting.strike !== undefined && isSilent(each));
  return silent.length >= SUSPICIOUS ? silent : [];
}

/** Runs that fell silent together are about to be called dead. */
function suspect(judged: readonly Judged[]): Suspicion | undefined {
  const silent = judged.filter(({ sighting }) => sighting.silentTogether);
  if (!silent.some(({ verdict }) => isDeadByLooks(verdict))) return undefined;
  const watched = judged.filter(({ sighting }) => sighting.seenAlive || sighting.silentTogether);
  return { silent: silent.length, watched: watched.length };
}

/** Of a run that the gateway has given up itself no witness is expected to speak. */
const isSilent = ({ claim, verdict }: Judged): boolean =>
  claim.standing !== "untold" && (isSilence(verdict) || isDeadByLooks(verdict));

const isDeadByLooks = (verdict: Verdict): boolean => verdict.kind === "orphan" && verdict.proof === "two-looks";

/** None is released now, and those that fell silent together are no longer believed: one alarm is enough. */
function distrust({ verdict, sighting }: Judgement, at: ProcessTime): { verdict: Verdict; sighting: Sighting } {
  const isOrphan = verdict.kind === "orphan" && verdict.proof.startsWith("two-looks");
  if (!isOrphan && !sighting.silentTogether) return { verdict, sighting };
  const doubted = {
    ...disturbed(sighting, at),
    distrusted: sighting.seenAlive || sighting.silentTogether || sighting.distrusted,
  };
  if (!isOrphan) return { verdict, sighting: doubted };
  const because = "most runs went silent at once";
  return { verdict: { kind: "unknown", because, lookAgain: undefined }, sighting: doubted };
}
