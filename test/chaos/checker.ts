import { type Counts, countsOf } from "./counts.ts";
import type { Diary, Entry, Orphan } from "./diary.ts";
import { type Deed, deedsIn } from "./said.ts";
import {
  doubles,
  entriesOf,
  entriesOfOrphan,
  executionsOf,
  isLostWithoutMark,
  isSynthesized,
  isTold,
  SLACK,
  same,
} from "./truth.ts";

/** What must never be; each with the run it was done to. */
export interface Sin {
  readonly kind:
    | "live run released"
    | "double run after a release"
    | "orphan left"
    | "entry missing"
    | "entry doubled"
    | "entry for a live run"
    | "result overwritten"
    | "job refuses to run"
    | "history not shown";
  readonly job: string;
  readonly detail: string;
}

export interface Judgement {
  readonly sins: readonly Sin[];
  readonly counts: Counts;
}

/** Compares what the gateway and the plugin say with what really ran. */
export function check(diary: Diary): Judgement {
  const deeds = deedsIn(diary.said);
  const releases = deeds.filter(({ kind }) => kind === "released");
  const sins = [
    ...releases.flatMap((deed) => releasedAlive(diary, deed)),
    ...doubles(diary, releases)
      .filter(({ after }) => after !== undefined)
      .map(({ job, detail }): Sin => ({ kind: "double run after a release", job, detail })),
    ...diary.orphans.flatMap((orphan) => orphanSins(diary, orphan)),
    ...strayMarks(diary),
    ...executionSins(diary),
    ...twins(diary),
    ...falseEntries(diary),
    ...overwritten(diary),
    ...diary.refused.map(({ job, reason }): Sin => ({ kind: "job refuses to run", job, detail: reason })),
    ...hidden(diary),
  ];
  return { sins, counts: countsOf(diary, deeds, sins) };
}

/** A release of anything but a known orphan, or while any run of the job was in the model's hands. */
function releasedAlive(diary: Diary, { job, mark, at }: Deed): readonly Sin[] {
  const sin = (detail: string): Sin => ({ kind: "live run released", job, detail });
  const orphan = diary.orphans.find((each) => each.job === job && same(each.mark, mark) && each.at <= at + SLACK);
  if (orphan === undefined) return [sin(`mark ${mark} was no orphan at ${at}`)];
  const running = executionsOf(diary, job).find(({ from, to = Infinity }) => from < at - SLACK && to > at + SLACK);
  return running === undefined ? [] : [sin(`request ${running.request} ran at ${at}`)];
}

function orphanSins(diary: Diary, orphan: Orphan): readonly Sin[] {
  const { job, mark } = orphan;
  const what = `mark ${mark}, ${orphan.how}`;
  const left = diary.marksAtEnd.some((each) => each.job === job && same(each.mark, mark));
  const entries = entriesOfOrphan(diary, orphan);
  return [
    ...(left ? [{ kind: "orphan left", job, detail: what } as const] : []),
    ...(entries.length === 0 && !superseded(diary, orphan)
      ? [{ kind: "entry missing", job, detail: what } as const]
      : []),
    ...(entries.length > 1 ? [{ kind: "entry doubled", job, detail: `${what}: ${entries.map(spoken)}` } as const] : []),
  ];
}

/** A planted mark that the gateway wrote over before it could ever read it is no run. */
const superseded = (diary: Diary, { job, mark, how }: Orphan): boolean =>
  how === "planted" && !diary.marks.some((each) => each.job === job && same(each.mark, mark));

/** A mark at the end behind which the driver knows no orphan: a run that never ended, or one we do not understand. */
const strayMarks = (diary: Diary): readonly Sin[] =>
  diary.marksAtEnd
    .filter(({ job, mark }) => !diary.orphans.some((each) => each.job === job && same(each.mark, mark)))
    .map(({ job, mark }) => ({ kind: "orphan left", job, detail: `mark ${mark}, of unknown origin` }));

/** Whatever the model was asked belongs to a run, and that run has an entry. */
function executionSins(diary: Diary): readonly Sin[] {
  return diary.executions
    .filter((run) => !isTold(diary, run) && !isLostWithoutMark(diary, run))
    .map(({ job, request, end }) => ({ kind: "entry missing", job, detail: `request ${request}, ${end ?? "open"}` }));
}

/** Two entries with one start tell one run twice. */
function twins(diary: Diary): readonly Sin[] {
  return diary.jobs.flatMap(({ id }) => {
    const entries = entriesOf(diary, id).filter(
      (entry) => !diary.orphans.some((orphan) => orphan.job === id && same(orphan.mark, entry.runAt)),
    );
    return entries.slice(1).flatMap((entry, index): readonly Sin[] => {
      const before = entries[index];
      return before !== undefined && same(before.runAt, entry.runAt)
        ? [{ kind: "entry doubled", job: id, detail: `${spoken(before)} and ${spoken(entry)}` }]
        : [];
    });
  });
}

/** A synthesized entry must tell of an orphan. */
const falseEntries = (diary: Diary): readonly Sin[] =>
  diary.entriesAtEnd
    .filter(isSynthesized)
    .filter(({ job, runAt }) => !diary.orphans.some((each) => each.job === job && same(each.mark, runAt)))
    .map((entry) => ({ kind: "entry for a live run", job: entry.job, detail: spoken(entry) }));

/** Every entry that was ever there is there at the end, as it was. */
const overwritten = (diary: Diary): readonly Sin[] =>
  diary.entriesSeen
    .filter((seen) => !diary.entriesAtEnd.some((entry) => equal(entry, seen)))
    .map((seen) => ({ kind: "result overwritten", job: seen.job, detail: spoken(seen) }));

/** `cron runs` shows what the store holds. */
const hidden = (diary: Diary): readonly Sin[] =>
  diary.jobs.flatMap(({ id }): readonly Sin[] => {
    const stored = entriesOf(diary, id).length;
    const shown = diary.shown[id] ?? stored;
    return shown === stored ? [] : [{ kind: "history not shown", job: id, detail: `${shown} of ${stored}` }];
  });

const equal = (one: Entry, other: Entry): boolean =>
  one.job === other.job && one.runAt === other.runAt && one.status === other.status && one.text === other.text;
const spoken = ({ runAt, status, text }: Entry): string => `${runAt} ${status} ${text.slice(0, 60)}`;
