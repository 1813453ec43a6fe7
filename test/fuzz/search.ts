import fc from "fast-check";
import { realNow } from "./clocks.ts";
import { installGates } from "./gates.ts";
import kept from "./kept.json" with { type: "json" };
import { type Played, play, type Schedule, schedules } from "./schedule.ts";

/** What a search over random schedules has found. */
export interface Fuzzed {
  readonly seed: number;
  readonly seconds: number;
  readonly schedules: number;
  readonly passes: number;
  readonly releases: number;
  readonly crashes: number;
  readonly kept: number;
  readonly failure: Failure | undefined;
}

export interface Failure {
  readonly fault: string;
  /** As small as it could be made; it goes into kept.json once its cause is mended. */
  readonly schedule: Schedule;
  /** Repeats the very search, with the seed. */
  readonly path: string | undefined;
}

const SHORTEST = 3;

/** Replays what was found before, then plays random schedules until the time is over or one fails. */
export async function fuzz(seed: number, minutes: number): Promise<Fuzzed> {
  await installGates();
  const began = realNow();
  const sum = { schedules: 0, passes: 0, releases: 0, crashes: 0 };
  const add = ({ passes, releases, crashes }: Played) => {
    sum.schedules += 1;
    sum.passes += passes;
    sum.releases += releases;
    sum.crashes += crashes;
  };
  const done = (failure: Failure | undefined): Fuzzed => ({
    seed,
    seconds: (realNow() - began) / 1000,
    ...sum,
    kept: kept.length,
    failure,
  });
  for (const schedule of kept as unknown as readonly Schedule[]) {
    const played = await play(schedule);
    add(played);
    if (played.fault !== undefined) return done({ fault: played.fault, schedule, path: undefined });
  }
  const property = fc.asyncProperty(schedules, async (schedule) => {
    const played = await play(schedule);
    add(played);
    if (played.fault !== undefined) throw new Fault(played.fault);
  });
  const result = await fc.check(property, {
    seed,
    numRuns: Number.MAX_SAFE_INTEGER,
    interruptAfterTimeLimit: Math.max(SHORTEST, minutes * 60) * 1000,
    markInterruptAsFailure: false,
  });
  const [schedule] = result.counterexample ?? [];
  if (!result.failed || schedule === undefined || schedule === null) return done(undefined);
  const { errorInstance } = result;
  const fault = errorInstance instanceof Fault ? errorInstance.message : `threw: ${stackOf(errorInstance)}`;
  return done({ fault, schedule, path: result.counterexamplePath ?? undefined });
}

class Fault extends Error {}

const stackOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));
