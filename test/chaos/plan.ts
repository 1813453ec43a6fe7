import { Random } from "./random.ts";

/** Everything that will be done in one cycle, decided by its seed alone. */
export interface Plan {
  readonly seed: number;
  readonly scheduler: "on" | "off";
  readonly jobs: readonly PlannedJob[];
  readonly steps: readonly Step[];
}

export interface PlannedJob {
  readonly name: string;
  readonly behaviour: Behaviour;
  /** Tags for the fake model and the probe. */
  readonly prompt: string;
  readonly timeoutSeconds?: number;
  /** Its delivery does not return until it is let go. */
  readonly delivers?: true;
}

export type Behaviour = "answer" | "slow" | "hang" | "time-out" | "error" | "hook" | "delivery";

/** Jobs are meant by their place in the plan. */
export type Step =
  | { readonly kind: "run"; readonly job: number }
  /** One tick of the scheduler starts all of them. */
  | { readonly kind: "due"; readonly jobs: readonly number[] }
  | { readonly kind: "wait"; readonly seconds: number }
  | { readonly kind: "pause"; readonly seconds: number }
  | { readonly kind: "reload"; readonly what: "cron" | "plugin" }
  /** A stranger holds the store's write lock. */
  | { readonly kind: "lock"; readonly seconds: number }
  /** The gateway ends, marks are planted, it starts again. */
  | { readonly kind: "crash"; readonly by: "kill" | "terminate"; readonly plant: readonly Planted[] }
  /** Marks appear behind the living gateway's back. */
  | { readonly kind: "plant"; readonly marks: readonly Planted[] }
  /** The job runs by the timer, and the store fails in the moment its result should be written. */
  | { readonly kind: "lose"; readonly job: number }
  /** What hangs is let go. */
  | { readonly kind: "let go" }
  /** Until every orphan is healed, but not longer; what lives goes on living. */
  | { readonly kind: "watch"; readonly seconds: number };

export interface Planted {
  readonly job: number;
  /** Seconds before now. */
  readonly age: number;
  /** Whether a run receipt of a dead process explains the mark, where a store has receipts. */
  readonly receipt: boolean;
}

export interface World {
  /** One file that can be torn, or a database that can be locked. */
  readonly store: "files" | "database";
  /** Up to 2026.7 one live run holds every other mark. */
  readonly runsHoldEachOther: boolean;
  /** How often the scheduler is switched off, from 0 to 1. */
  readonly schedulerOff: number;
}

export function planOf(seed: number, world: World): Plan {
  const random = new Random(seed);
  const scheduler = random.chance(world.schedulerOff) ? "off" : "on";
  const busy = Array.from({ length: random.whole(4, 6) }, () => random.pick(BEHAVIOURS));
  const idle = Array.from({ length: random.whole(2, 3) }, () => random.pick(AT_REST));
  const jobs = [...busy, ...idle].map((behaviour, index) => jobOf(seed, index, behaviour, random));
  const busyJobs = busy.map((_, index) => index);
  const idleJobs = idle.map((_, index) => busy.length + index);
  const crashing = random.chance(0.75);
  const steps = [
    ...starts(busyJobs, scheduler, random),
    ...interludes(world, random),
    ...(crashing ? crashes(idleJobs, random) : []),
    ...(crashing && !random.chance(0.4)
      ? runsThatLiveLong(jobs, busyJobs, random)
      : orphansOfTheLiving(jobs, busyJobs, idleJobs, scheduler, world, random)),
  ];
  return { seed, scheduler, jobs, steps };
}

const BEHAVIOURS: readonly (readonly [number, Behaviour])[] = [
  [3, "hang"],
  [2, "hook"],
  [2, "delivery"],
  [2, "answer"],
  [2, "slow"],
  [1, "error"],
  [1, "time-out"],
];

const AT_REST: readonly (readonly [number, Behaviour])[] = [
  [3, "answer"],
  [1, "slow"],
  [1, "hang"],
];

function jobOf(seed: number, index: number, behaviour: Behaviour, random: Random): PlannedJob {
  const job = { name: `chaos-${seed}-${index}-${behaviour}`, behaviour };
  switch (behaviour) {
    case "answer":
      return { ...job, prompt: "[[answer]]" };
    case "slow":
      return { ...job, prompt: `[[delay:${random.whole(1, 20)}]]` };
    case "hang":
      return { ...job, prompt: "[[hang]]" };
    case "time-out":
      return { ...job, prompt: "[[hang]]", timeoutSeconds: random.whole(8, 25) };
    case "error":
      return { ...job, prompt: `[[error:${random.chance(0.5) ? 400 : 500}]]` };
    case "hook":
      return { ...job, prompt: "[[hookhang]]" };
    case "delivery":
      return { ...job, prompt: "[[answer]]", delivers: true };
  }
}

/** Some by hand one after another, some together by the timer, some not at all. */
function starts(jobs: readonly number[], scheduler: Plan["scheduler"], random: Random): readonly Step[] {
  const together = scheduler === "on" && random.chance(0.6) ? jobs.filter(() => random.chance(0.4)) : [];
  const byHand = jobs.filter((job) => !together.includes(job));
  const steps: Step[] = byHand.flatMap((job): readonly Step[] => [
    { kind: "run", job },
    ...(random.chance(0.5) ? [{ kind: "wait", seconds: random.next() * 1.5 } as const] : []),
  ]);
  if (together.length > 0) {
    steps.splice(random.whole(0, steps.length), 0, { kind: "due", jobs: together });
  }
  return [...steps, { kind: "wait", seconds: random.whole(1, 6) }];
}

/** What may happen to a gateway while its runs live. */
function interludes({ store }: World, random: Random): readonly Step[] {
  return Array.from({ length: random.whole(0, 3) }, () =>
    random.pick<Step>([
      [4, { kind: "wait", seconds: random.whole(2, 10) }],
      [2, { kind: "pause", seconds: random.whole(2, 12) }],
      [1, { kind: "reload", what: "plugin" }],
      [1, { kind: "reload", what: "cron" }],
      [store === "database" ? 1.5 : 0, { kind: "lock", seconds: random.whole(1, 8) }],
    ]),
  );
}

function crashes(idle: readonly number[], random: Random): readonly Step[] {
  const crash = (plant: readonly number[]): Step => ({
    kind: "crash",
    by: random.chance(0.6) ? "kill" : "terminate",
    plant: planted(plant, random),
  });
  const first = [
    crash(idle.slice(0, 1).filter(() => random.chance(0.5))),
    { kind: "wait", seconds: random.next() * 5 } as const,
  ];
  return random.chance(0.15) ? [...first, crash([]), { kind: "wait", seconds: random.next() * 3 }] : first;
}

/** Calls of the model or hangs in a hook: runs that live until they are let go. */
const longRuns = (jobs: readonly PlannedJob[], busy: readonly number[]): readonly Step[] =>
  busy
    .filter((job) => jobs[job]?.behaviour === "hang" || jobs[job]?.behaviour === "hook")
    .slice(0, 2)
    .map((job) => ({ kind: "run", job }));

/** Nothing but live runs, longer than both windows: whoever releases here has erred. */
const runsThatLiveLong = (jobs: readonly PlannedJob[], busy: readonly number[], random: Random): readonly Step[] =>
  random.chance(0.15) ? [...longRuns(jobs, busy), { kind: "wait", seconds: 48 }] : [];

/** Orphans that the gateway's start cannot know of: they take the two looks. */
function orphansOfTheLiving(
  jobs: readonly PlannedJob[],
  busy: readonly number[],
  idle: readonly number[],
  scheduler: Plan["scheduler"],
  world: World,
  random: Random,
): readonly Step[] {
  const live = longRuns(jobs, busy);
  const lost = idle.slice(1, 2).find(() => losable(scheduler, world, random));
  const marks = planted(lost === undefined ? idle.slice(1) : idle.slice(2), random);
  const inTheWindows: readonly Step[] = [
    { kind: "wait", seconds: random.whole(3, 15) },
    ...(random.chance(0.25) ? [{ kind: "pause", seconds: random.whole(5, 12) } as const] : []),
    ...(random.chance(0.15) ? [{ kind: "reload", what: "plugin" } as const] : []),
  ];
  return [
    ...(world.runsHoldEachOther ? [{ kind: "let go" } as const] : live),
    ...(lost === undefined ? [] : [{ kind: "lose", job: lost } as const]),
    ...(marks.length === 0 ? [] : [{ kind: "plant", marks } as const]),
    ...(world.runsHoldEachOther && random.chance(0.15) ? live.slice(0, 1) : []),
    ...inTheWindows,
    { kind: "watch", seconds: world.runsHoldEachOther ? 20 : 60 },
  ];
}

/** A torn file loses the result at once; a database must stay locked for half a minute and more. */
const losable = (scheduler: Plan["scheduler"], { store }: World, random: Random): boolean =>
  scheduler === "on" && random.chance(store === "files" ? 0.4 : 0.2);

const planted = (jobs: readonly number[], random: Random): readonly Planted[] =>
  jobs.map((job) => ({
    job,
    age: random.pick([
      [1, 0],
      [1, 60],
      [1, 600],
    ]),
    receipt: random.chance(0.5),
  }));
