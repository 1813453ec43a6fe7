import { canonical } from "./canonical.ts";
import { healerMoves } from "./healer-moves.ts";
import { ticked } from "./machine-moves.ts";
import type { Rule } from "./rule.ts";
import { hostLimit, type Scenario } from "./scenario.ts";
import { isOver, type Run, releasesOf, type World } from "./world.ts";

/**
 * From any world in which no run is alive and the host is quiet: if the healer only goes on, a look a tick and without
 * errors, the marks of the dead are released and written down within the bound that the docs promise.
 */
export class LivenessCheck {
  readonly #scenario: Scenario;
  readonly #rule: Rule;
  readonly #bound: number;
  /** The ticks that each world on the way still took: every such world is walked once. */
  readonly #known = new Map<string, number>();
  checked = 0;
  slowest = 0;

  constructor(scenario: Scenario, rule: Rule) {
    this.#scenario = scenario;
    this.#rule = rule;
    this.#bound = boundOf(scenario);
  }

  check(world: World): string | undefined {
    if (!isQuiet(world) || isHealed(world, this.#scenario)) return undefined;
    this.checked += 1;
    const took = this.#walk(world);
    this.slowest = Math.max(this.slowest, took);
    return took > this.#bound ? `an orphan is not released within ${this.#bound} ticks` : undefined;
  }

  #walk(first: World): number {
    const path: string[] = [];
    let world = this.#round(first);
    let rest: number | undefined;
    while (rest === undefined) {
      if (isHealed(world, this.#scenario)) rest = 0;
      else if (path.length > this.#bound || world.fault !== undefined) rest = Number.POSITIVE_INFINITY;
      else {
        const key = canonical(world, this.#scenario, this.#rule);
        rest = this.#known.get(key);
        if (rest === undefined) {
          path.push(key);
          world = this.#round(ticked(world));
        }
      }
    }
    for (const key of path.reverse()) {
      rest += 1;
      this.#known.set(key, rest);
    }
    return rest;
  }

  /** Every healer ends what it has in hand, or makes one whole pass. */
  #round(world: World): World {
    let next = world;
    for (const index of (world.gateways[0]?.healers ?? []).keys()) {
      do next = this.#step(next, index);
      while (next.gateways[0]?.healers[index]?.doing.kind !== "idle");
    }
    return next;
  }

  #step(world: World, index: number): World {
    const steps = healerMoves(world, { ...this.#scenario, errors: false }, this.#rule);
    return steps.find(({ name }) => this.#scenario.healers === 1 || name.endsWith(`(healer ${index})`))?.next ?? world;
  }
}

const isQuiet = ({ runs, gateways, emptied }: World): boolean =>
  gateways[0]?.up === true &&
  gateways[0].scheduler !== "not started" &&
  !gateways[0].ticking &&
  !emptied &&
  gateways.slice(1).every(({ up }) => !up) &&
  runs.every(isOver);

/** No mark is left but those of jobs that were handed to the operator, and every mark that the gateway wiped has its entry, if its owner can be proven dead at all. */
const isHealed = (world: World, { releases }: Scenario): boolean =>
  world.jobs.every(({ mark }, job) => mark === undefined || releasesOf(world, job) >= releases) &&
  world.gateways.slice(0, 1).every(({ leftOver, clock, bornAt, healers }) => {
    const seenAlive = healers.some(({ memory }) => [...memory.values()].some(({ sighting }) => sighting.seenAlive));
    return clock.stepped || seenAlive || leftOver.every((index) => isWrittenDown(world.runs[index], bornAt));
  });

const isWrittenDown = (run: Run | undefined, bornAt: number): boolean =>
  run === undefined || run.entries > 0 || run.detached || run.startedAt >= bornAt;

/**
 * What the docs promise, in looks of one tick: the two windows, or the host's limit where the evidence is thin; one look
 * more for the one in hand, and one more after a stall or a step of the clock.
 */
const boundOf = (scenario: Scenario): number => {
  const { windows, blind, stalls, steps } = scenario;
  const looks = windows.grace + windows.look + 3;
  return (blind ? Math.max(looks, hostLimit(scenario) + 2) : looks) + (stalls.length + steps.length > 0 ? 1 : 0);
};
