import type { Sin } from "./checker.ts";
import type { Diary, Orphan, SeenMark } from "./diary.ts";
import { type Deed, type Look, looksIn } from "./said.ts";
import { doubles, isAlive, isLostWithoutMark, same } from "./truth.ts";

export interface Counts {
  readonly jobs: number;
  readonly executions: number;
  readonly orphans: number;
  readonly orphansByDeath: number;
  readonly orphansPlanted: number;
  readonly orphansByLostWrite: number;
  /** Orphans that the plugin's own line says it has released or told. */
  readonly healedByPlugin: number;
  /** Live runs that the session manager did not show when the plugin looked. */
  readonly liveHeld: number;
  /** Of these, the ones at which every witness was silent. */
  readonly liveSuspected: number;
  readonly liveReleased: number;
  readonly doubleAfterRelease: number;
  /** Two runs of one job at once that no release came before: a `cron.*` reload, two schedulers. */
  readonly doubleByGateway: number;
  readonly entriesMissing: number;
  readonly entriesDoubled: number;
  /** Runs that died without a mark in the store: nobody could have known. */
  readonly lostWithoutMark: number;
  readonly orphansLeft: number;
  readonly refused: number;
  readonly overwritten: number;
  /** Milliseconds from the birth of an orphan to the last sight of its mark, the longest of the cycle. */
  readonly longestHeld: number;
}

export function countsOf(diary: Diary, deeds: readonly Deed[], sins: readonly Sin[]): Counts {
  const of = (kind: Sin["kind"]): number => sins.filter((sin) => sin.kind === kind).length;
  const orphans = (...ways: readonly Orphan["how"][]): number =>
    diary.orphans.filter(({ how }) => ways.includes(how)).length;
  const held = looksIn(diary.said).filter((look) => look.session === "absent" && isAlive(diary, look));
  return {
    jobs: diary.jobs.length,
    executions: diary.executions.length,
    orphans: diary.orphans.length,
    orphansByDeath: orphans("killed", "stopped"),
    orphansPlanted: orphans("planted", "planted while down"),
    orphansByLostWrite: orphans("lost write"),
    healedByPlugin: diary.orphans.filter((orphan) =>
      deeds.some((deed) => deed.job === orphan.job && same(deed.mark, orphan.mark)),
    ).length,
    liveHeld: runsIn(held),
    liveSuspected: runsIn(held.filter(({ silent }) => silent)),
    liveReleased: of("live run released"),
    doubleAfterRelease: of("double run after a release"),
    doubleByGateway: doubles(diary, deeds).filter(({ after }) => after === undefined).length,
    entriesMissing: of("entry missing"),
    entriesDoubled: of("entry doubled") + of("entry for a live run"),
    lostWithoutMark: diary.executions.filter((run) => isLostWithoutMark(diary, run)).length,
    orphansLeft: of("orphan left"),
    refused: of("job refuses to run"),
    overwritten: of("result overwritten"),
    longestHeld: Math.max(0, ...diary.orphans.map((orphan) => heldFor(diary, orphan))),
  };
}

const heldFor = (diary: Diary, { job, mark, at }: Orphan): number => {
  const seen = diary.marks.find((each: SeenMark) => each.job === job && same(each.mark, mark));
  return seen === undefined ? 0 : Math.max(0, seen.last - at);
};

const runsIn = (looks: readonly Look[]): number => new Set(looks.map(({ job, mark }) => `${job} ${mark}`)).size;
