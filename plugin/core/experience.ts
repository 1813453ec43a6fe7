import type { Claim } from "./snapshot.ts";
import { hours, type Millis, millis } from "./time.ts";

/** What a job has taught us about its patience: how long its good runs take, and how often its silence was no death. */
export interface Experience {
  readonly durations: readonly Millis[];
  readonly falseSuspicions: number;
}

export const NO_EXPERIENCE: Experience = { durations: [], falseSuspicions: 0 };

/** With fewer runs the longest of them says little of the next one. */
export const LEAST_RUNS = 20;
/** More than these teach nothing new: jobs change. */
export const MOST_RUNS = 100;

const LONGEST = hours(7 * 24);

/** A length that a run can have had; a broken history may hold any number. */
export const isCredible = (duration: number | undefined): duration is Millis =>
  duration !== undefined && duration > 0 && duration <= LONGEST;

/** The 99th percentile by nearest rank, of the newest runs; undefined while there are too few. */
export function longestUsual(durations: readonly Millis[]): Millis | undefined {
  const credible = durations.filter(isCredible).slice(0, MOST_RUNS);
  if (credible.length < LEAST_RUNS) return undefined;
  const sorted = credible.toSorted((one, other) => one - other);
  return millis(sorted[Math.ceil(sorted.length * 0.99) - 1] ?? 0);
}

/** How often each job was suspected wrongly: silent at a first look, and alive after all. */
export type Lessons = ReadonlyMap<string, number>;

export const NO_LESSONS: Lessons = new Map();

/** Jobs come and go; the oldest lessons are forgotten. */
const MOST_JOBS = 1000;

export function learn(lessons: Lessons, wronglySuspected: readonly string[]): Lessons {
  if (wronglySuspected.length === 0) return lessons;
  const next = new Map(lessons);
  for (const job of wronglySuspected) {
    const times = (next.get(job) ?? 0) + 1;
    next.delete(job);
    next.set(job, times);
  }
  return new Map([...next].slice(-MOST_JOBS));
}

export const falseSuspicionsIn = (lessons: Lessons): number =>
  [...lessons.values()].reduce((sum, times) => sum + times, 0);

export const experienceOf = ({ past, job }: Claim, lessons: Lessons): Experience => ({
  durations: past.kind === "read" ? past.value.durations : [],
  falseSuspicions: lessons.get(job.id) ?? 0,
});
