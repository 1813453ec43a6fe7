import type { Diary, Entry, Execution, Orphan } from "./diary.ts";
import type { Deed, Look } from "./said.ts";

/** What follows from a diary about single runs. */

/** A mark and the start which the history tells of the same run lie at most this far apart. */
const SAME = 250;
/** The model sees a request a moment before or after the store's clock. */
export const SLACK = 100;
/** From the answer of the model to the written result, in milliseconds. */
const LAST_WRITE = 2000;
/** From SIGTERM, which cuts the model's requests, to the end of the process. */
const LONGEST_STOP = 10_000;

export interface Double {
  readonly job: string;
  readonly after: Deed | undefined;
  readonly detail: string;
}

/** Two runs of one job that overlap. A release between their starts is their cause. */
export function doubles(diary: Diary, releases: readonly Deed[]): readonly Double[] {
  return diary.jobs.flatMap(({ id }) => {
    const runs = executionsOf(diary, id);
    return runs.slice(1).flatMap((second, index): readonly Double[] => {
      const first = runs.slice(0, index + 1).find(({ to = Infinity }) => to > second.from + SLACK);
      if (first === undefined) return [];
      const after = releases.find(({ job, at }) => job === id && at > first.from && at <= second.from);
      return [{ job: id, after, detail: `requests ${first.request} and ${second.request}` }];
    });
  });
}

/** The gateway's own entry lies between the run's start and its death; a synthesized one names the mark. */
export const entriesOfOrphan = (diary: Diary, { job, mark, at }: Orphan): readonly Entry[] =>
  diary.entriesAtEnd.filter(
    (entry) =>
      entry.job === job &&
      entry.status !== "skipped" &&
      (same(entry.runAt, mark) || (!isSynthesized(entry) && entry.runAt > mark && entry.runAt < at - SAME)),
  );

export const isTold = (diary: Diary, run: Execution): boolean =>
  ofOrphan(diary, run) !== undefined ||
  diary.entriesAtEnd.some(
    ({ job, runAt, at }) => job === run.job && runAt <= run.from + SLACK && at >= run.from - SLACK,
  );

const ofOrphan = (diary: Diary, { job, from }: Execution): Orphan | undefined =>
  diary.orphans.find((each) => each.job === job && each.mark <= from + SLACK && each.at >= from - SLACK);

/** Its process died while it ran or was about to write, and the store held no mark of the job then. */
export const isLostWithoutMark = (diary: Diary, run: Execution): boolean =>
  !isTold(diary, run) &&
  diary.lives.some(
    ({ end, from, to }) =>
      end !== "lives on" &&
      run.from >= from &&
      run.from <= to &&
      (run.to ?? to) >= to - (run.end === "cut" ? LONGEST_STOP : LAST_WRITE),
  );

/** The gateway itself has set the mark, in the life in which it was looked at, and its run was not over. */
export function isAlive(diary: Diary, { job, mark, at }: Look): boolean {
  const life = diary.lives.find(({ from, to }) => from <= at && at <= to);
  if (life === undefined || mark < life.from) return false;
  const orphan = diary.orphans.find((each) => each.job === job && same(each.mark, mark));
  if (orphan !== undefined)
    return (
      (orphan.how === "killed" || orphan.how === "stopped" || orphan.how === "lost write") && at < orphan.at - SLACK
    );
  return entriesOf(diary, job).some((entry) => !isSynthesized(entry) && entry.runAt >= mark - SAME && entry.at > at);
}

export const executionsOf = (diary: Diary, job: string): readonly Execution[] =>
  diary.executions.filter((run) => run.job === job).toSorted((one, other) => one.from - other.from);

export const entriesOf = (diary: Diary, job: string): readonly Entry[] =>
  diary.entriesAtEnd.filter((entry) => entry.job === job).toSorted((one, other) => one.runAt - other.runAt);

export const same = (one: number, other: number): boolean => Math.abs(one - other) <= SAME;
export const isSynthesized = ({ text }: Entry): boolean => text.startsWith("[synthesized by ");
