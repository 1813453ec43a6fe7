import { beat, startClock } from "../../plugin/core/process-time.ts";
import { seconds } from "../../plugin/core/time.ts";
import type { Move, Moves } from "./move.ts";
import { isLimited, type Scenario } from "./scenario.ts";
import {
  type Budget,
  changeGateway,
  changeJob,
  changeRun,
  type Gateway,
  isOver,
  newHealer,
  type Run,
  readingOf,
  TICK,
  type World,
  wallOf,
} from "./world.ts";

/** What happens to the machine, its clocks and its processes, and what the operator does. */
export const machineMoves: Moves = (world, scenario) => [
  ...(mayTick(world, scenario) ? [{ name: "tick", next: ticked(world) }] : []),
  ...(world.left.stalls > 0 ? stalls(world, scenario) : []),
  ...(world.left.steps > 0 ? scenario.steps.map((by) => step(world, by)) : []),
  ...world.gateways.flatMap((gateway, index) => processes(world, scenario, gateway, index)),
  ...(world.left.edits > 0 ? edits(world) : []),
  ...(world.left.reloads > 0 && world.gateways[0]?.up === true ? [reload(world)] : []),
];

const spent = (world: World, what: keyof Budget): Budget => ({ ...world.left, [what]: world.left[what] - 1 });

/** Time goes on only if nobody would break his promise by it: lags, the host's limit and a look's deadline are bounded. */
export function mayTick(world: World, scenario: Scenario): boolean {
  const late = world.runs.some((run) => isLate(run, scenario));
  return (
    !late &&
    !world.gateways.some(({ healers }) =>
      healers.some(({ doing }) => doing.kind === "looking" && doing.hand >= scenario.lookLasts),
    )
  );
}

function isLate(run: Run, scenario: Scenario): boolean {
  const { lag, timeout, overruns } = scenario;
  if (overruns) return false;
  switch (run.stage) {
    case "starting":
    case "ending":
      return run.age >= lag;
    case "live":
    case "blind":
      return isLimited(scenario) && run.life >= timeout + lag;
    case "waiting":
    case "over":
    case "dead":
      return false;
  }
}

/** One tick in which every process that is up really ran. */
export function ticked(world: World): World {
  const next = { ...world, monotonic: world.monotonic + TICK };
  return {
    ...next,
    runs: world.runs.map((run) => (isOver(run) ? run : { ...run, age: run.age + 1, life: run.life + 1 })),
    gateways: world.gateways.map((gateway) => (gateway.up ? beaten(gateway, next) : { ...gateway, rested: true })),
  };
}

function beaten(gateway: Gateway, world: World): Gateway {
  const { state, disturbance } = beat(gateway.clock, readingOf(world), seconds(TICK / 1000));
  const healers = gateway.healers.map((healer) => ({
    ...healer,
    disturbed: healer.disturbed || disturbance !== undefined,
    doing: healer.doing.kind === "looking" ? { ...healer.doing, hand: healer.doing.hand + 1 } : healer.doing,
  }));
  return { ...gateway, clock: state, healers };
}

/** SIGSTOP, a blocked event loop, a suspend: nobody moves, the clocks do. */
const stalls = (world: World, scenario: Scenario): readonly Move[] => [
  ...scenario.stalls.map((length) => ({
    name: `stall ${length}`,
    next: { ...world, left: spent(world, "stalls"), monotonic: world.monotonic + length * TICK },
  })),
  ...scenario.sleeps.map((length) => ({
    name: `sleep ${length}`,
    next: { ...world, left: spent(world, "stalls"), slept: world.slept + length * TICK },
  })),
];

const step = (world: World, by: number): Move => ({
  name: `wall clock ${by > 0 ? "+" : ""}${by / 1000} s`,
  next: { ...world, left: spent(world, "steps"), stepped: world.stepped + by },
});

function processes(world: World, scenario: Scenario, gateway: Gateway, index: number): readonly Move[] {
  if (!gateway.up) return gateway.rested ? [{ name: `boot ${index}`, next: booted(world, scenario, index) }] : [];
  if (world.left.crashes === 0) return [];
  let next = changeGateway(world, index, { up: false, rested: false, ticking: false, leftOver: [], healers: [] });
  for (const [at, run] of world.runs.entries()) {
    if (run.gateway === index && !isOver(run)) next = changeRun(next, at, { stage: "dead", age: 0 });
  }
  for (const [job, { disk }] of world.jobs.entries()) next = changeJob(next, job, { mark: disk });
  return [{ name: `crash ${index}`, next: { ...next, left: spent(world, "crashes") } }];
}

function booted(world: World, { generation, healers }: Scenario, index: number): World {
  const marks = world.jobs.flatMap(({ mark }) => (mark === undefined ? [] : [mark]));
  return changeGateway(world, index, {
    up: true,
    process: (world.gateways[index]?.process ?? 0) + 1,
    scheduler: generation === "off" ? "off" : "not started",
    bornAt: wallOf(world),
    clock: startClock(readingOf(world)),
    leftOver: generation === "A" ? marks : [],
    healers: index === 0 ? Array.from({ length: healers }, () => newHealer) : [],
  });
}

/** Removed and added again, or the mark cleared by hand; or switched off while it runs. */
const edits = (world: World): readonly Move[] =>
  world.jobs.flatMap((job, index) => {
    const left = spent(world, "edits");
    const off = job.disabled
      ? []
      : [{ name: `disable ${index}`, next: { ...changeJob(world, index, { disabled: true }), left } }];
    if (job.mark === undefined) return off;
    const bare = changeJob(world, index, { mark: undefined, disk: undefined });
    return [...off, { name: `edit ${index}`, next: { ...changeRun(bare, job.mark, { detached: true }), left } }];
  });

/** The plugin is loaded anew: its memory is gone, the runs and what the process remembers go on. */
function reload(world: World): Move {
  const [here] = world.gateways;
  const next = changeGateway(world, 0, {
    healers: (here?.healers ?? []).map(() => newHealer),
  });
  return { name: "reload", next: { ...next, left: spent(world, "reloads") } };
}
