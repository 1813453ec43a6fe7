import type { Memory, Remembered } from "../../plugin/core/examine.ts";
import { jobId } from "../../plugin/core/job.ts";
import { type ProcessClockState, startClock } from "../../plugin/core/process-time.ts";
import { instant, type ProcessTime, processTime } from "../../plugin/core/time.ts";
import type { Scenario } from "./scenario.ts";

/** The grain of time. Four of them are the gateway's own minute of cleanup; every lag and window is a multiple. */
export const TICK = 15_000;

/**
 * Where a run stands. `waiting`: marked, in line behind its batch. `starting`: marked, no session yet. `blind`: at work
 * where no witness sees it. `ending`: session gone, result not yet written. `over`: finished. `dead`: died, wrote nothing.
 */
export type Stage = "waiting" | "starting" | "live" | "blind" | "ending" | "over" | "dead";

export interface Run {
  readonly job: number;
  readonly gateway: number;
  /** Which process of its gateway began it. */
  readonly process: number;
  readonly stage: Stage;
  /** Ticks in which its process ran since it entered its stage, and since its start. */
  readonly age: number;
  readonly life: number;
  readonly startedAt: number;
  /** Entries that the history holds for this run. */
  readonly entries: number;
  /** The operator or another gateway took its mark away: what happens to its job then is not the healer's deed. */
  readonly detached: boolean;
  /** The healer released it and wrote its entry. */
  readonly healed: boolean;
}

export interface JobState {
  /** The run that the store says is running, by its number. */
  readonly mark: number | undefined;
  /** The same on disk: what a crash leaves. */
  readonly disk: number | undefined;
  readonly disabled: boolean;
}

export interface Gateway {
  readonly up: boolean;
  /** How many processes this gateway has been before. */
  readonly process: number;
  readonly scheduler: "not started" | "settled" | "off";
  /** In the middle of a tick or a start-up catch-up: whatever it has marked may still be waiting. */
  readonly ticking: boolean;
  readonly bornAt: number;
  /** Down for at least a tick: no process is born in the millisecond in which the last one started a run. */
  readonly rested: boolean;
  readonly clock: ProcessClockState;
  /** Marks that the store held before the scheduler of this process started. */
  readonly leftOver: readonly number[];
  readonly healers: readonly Healer[];
}

export type Heard = "live" | "absent" | "unread";

/** What a look has read so far of one claim. */
export interface Glimpse {
  readonly run: number;
  readonly standing: "held" | "wiped";
  readonly owner: "not-named" | "gone" | "here" | "elsewhere";
  readonly entry: boolean;
  /** How often its job was released since its last good run. */
  readonly releases: number;
  readonly session: Heard | undefined;
  readonly tick: Heard | undefined;
  readonly other: Heard | undefined;
}

/** One deed that the decision asked for, on its way to the store. */
export interface Deed {
  readonly run: number;
  readonly standing: "held" | "wiped";
  readonly entry: boolean;
  readonly owner: Glimpse["owner"];
}

export interface Healer {
  readonly memory: Memory;
  readonly doing: Doing;
  /** A stall, a sleep or a step of the clock was noticed since the last look began. */
  readonly disturbed: boolean;
}

export type Doing =
  | { readonly kind: "idle" }
  | { readonly kind: "looking"; readonly from: ProcessTime; readonly hand: number; readonly seen: readonly Glimpse[] }
  | { readonly kind: "writing"; readonly deeds: readonly Deed[]; readonly missing: boolean | undefined }
  | { readonly kind: "persisting"; readonly job: number; readonly deeds: readonly Deed[] };

/** How often each misfortune may still happen. */
export interface Budget {
  readonly runs: number;
  readonly losses: number;
  readonly crashes: number;
  readonly stalls: number;
  readonly steps: number;
  readonly edits: number;
  readonly reloads: number;
}

export interface World {
  /** The monotonic clock of the machine, the sleep it missed, and how far the wall clock was moved, in milliseconds. */
  readonly monotonic: number;
  readonly slept: number;
  readonly stepped: number;
  readonly jobs: readonly JobState[];
  readonly runs: readonly Run[];
  readonly gateways: readonly Gateway[];
  readonly left: Budget;
  /** Fault injection: the registry of sessions has lost all it knew. */
  readonly emptied: boolean;
  /** Since then, at one look three runs or more were past their first strike. */
  readonly struckTogether: boolean;
  /** What must never happen, and did. */
  readonly fault: string | undefined;
}

/** Runs start in different seconds of a tick, by their number: two runs of one job never start at the same moment. */
export const startOf = (world: World, run: number): number => wallOf(world) + run * SECOND;

export const runStartedAt = (startedAt: number): number => (((startedAt % TICK) + TICK) % TICK) / SECOND;

const SECOND = 1000;

export const wallOf = (world: World): number => world.monotonic + world.slept + world.stepped;

export const readingOf = (world: World) => ({
  wall: wallOf(world),
  monotonic: world.monotonic,
  boot: world.monotonic + world.slept,
});

/** What the history tells of a job: our releases since its last good run. */
export function releasesOf({ runs }: World, job: number): number {
  const own = runs.filter((run) => run.job === job);
  return own.slice(own.findLastIndex(({ stage }) => stage === "over") + 1).filter(({ healed }) => healed).length;
}

export const isOver = ({ stage }: Run): boolean => stage === "over" || stage === "dead";

export const replaced = <T>(list: readonly T[], index: number, change: Partial<T>): readonly T[] =>
  list.map((each, at) => (at === index ? { ...each, ...change } : each));

export const changeRun = (world: World, index: number, change: Partial<Run>): World => ({
  ...world,
  runs: replaced(world.runs, index, change),
});
export const changeJob = (world: World, index: number, change: Partial<JobState>): World => ({
  ...world,
  jobs: replaced(world.jobs, index, change),
});
export const changeGateway = (world: World, index: number, change: Partial<Gateway>): World => ({
  ...world,
  gateways: replaced(world.gateways, index, change),
});

export const newHealer: Healer = { memory: new Map(), doing: { kind: "idle" }, disturbed: false };

export function firstWorld(scenario: Scenario): World {
  const reading = { wall: 0, monotonic: 0, boot: 0 };
  const gateway = (index: number): Gateway => ({
    up: index === 0,
    process: 0,
    scheduler: scenario.generation === "off" ? "off" : "settled",
    ticking: false,
    bornAt: 0,
    rested: true,
    clock: startClock(reading),
    leftOver: [],
    healers: index === 0 ? Array.from({ length: scenario.healers }, () => newHealer) : [],
  });
  const world: World = {
    monotonic: 0,
    slept: 0,
    stepped: 0,
    jobs: Array.from({ length: scenario.jobs }, () => ({ mark: undefined, disk: undefined, disabled: false })),
    runs: [],
    gateways: Array.from({ length: scenario.gateways }, (_, index) => gateway(index)),
    left: scenario.budget,
    emptied: false,
    struckTogether: false,
    fault: undefined,
  };
  return scenario.emptiesRegistry ? allAlive(world, scenario.seenBefore) : world;
}

/** Every job has a live run, and the healer has seen it or comes only now. */
function allAlive(world: World, seenBefore: boolean): World {
  const runs = world.jobs.map(
    (_, job): Run => ({
      job,
      gateway: 0,
      process: 0,
      stage: "live",
      age: 0,
      life: 0,
      startedAt: job * SECOND,
      entries: 0,
      detached: false,
      healed: false,
    }),
  );
  const seen = {
    firstSeen: NOW,
    quietSince: NOW,
    strike: undefined,
    seenAlive: true,
    silentTogether: false,
    distrusted: false,
  };
  const memory = runs.map(({ job }): [string, Remembered] => [
    `held job-${job}`,
    {
      mark: { jobId: jobId(`job-${job}`), startedAt: instant(job * SECOND) },
      sighting: seen,
      said: "live",
      reviewed: false,
    },
  ]);
  const marked = { ...world, runs, jobs: world.jobs.map((job, index) => ({ ...job, mark: index, disk: index })) };
  if (!seenBefore) return marked;
  return changeGateway(marked, 0, { healers: [{ ...newHealer, memory: new Map(memory) }] });
}

const NOW = processTime(0);
