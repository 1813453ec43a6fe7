import { canonical } from "./canonical.ts";
import { gatewayMoves } from "./gateway-moves.ts";
import { healerMoves } from "./healer-moves.ts";
import { LivenessCheck } from "./liveness.ts";
import { machineMoves } from "./machine-moves.ts";
import type { Move } from "./move.ts";
import type { Rule } from "./rule.ts";
import type { Scenario } from "./scenario.ts";
import { firstWorld, type World } from "./world.ts";

export interface Searched {
  readonly scenario: string;
  readonly states: number;
  readonly moves: number;
  /** Worlds in which a run was dead and the host quiet, and the most ticks that a release took from there. */
  readonly quiet: number;
  readonly slowest: number;
  readonly seconds: number;
  readonly violation: Violation | undefined;
}

export interface Violation {
  readonly fault: string;
  /** The shortest way there, or, breadth-first, one of them. */
  readonly schedule: readonly string[];
}

interface Step {
  readonly from: number;
  readonly name: string;
}

/** Breadth-first through every world that the moves can reach, until a fault or the end. */
export function search(scenario: Scenario, rule: Rule, most = Number.POSITIVE_INFINITY): Searched {
  const began = performance.now();
  const liveness = new LivenessCheck(scenario, rule);
  const known = new Set<string>();
  const steps: Step[] = [];
  let frontier: { readonly world: World; readonly id: number }[] = [];
  let moves = 0;
  const done = (violation: Violation | undefined): Searched => ({
    scenario: scenario.name,
    states: steps.length,
    moves,
    quiet: liveness.checked,
    slowest: liveness.slowest,
    seconds: (performance.now() - began) / 1000,
    violation,
  });
  const arrive = (world: World, step: Step, into: { world: World; id: number }[]): Violation | undefined => {
    moves += 1;
    if (world.fault !== undefined) return { fault: world.fault, schedule: scheduleTo(steps, step) };
    const key = canonical(world, scenario, rule);
    if (known.has(key)) return undefined;
    known.add(key);
    const id = steps.push(step) - 1;
    into.push({ world, id });
    const late = liveness.check(world);
    return late === undefined ? undefined : { fault: late, schedule: scheduleTo(steps, step) };
  };
  arrive(firstWorld(scenario), { from: -1, name: "" }, frontier);
  while (frontier.length > 0 && steps.length < most) {
    const next: typeof frontier = [];
    for (const { world, id } of frontier) {
      for (const move of movesFrom(world, scenario, rule)) {
        const violation = arrive(move.next, { from: id, name: move.name }, next);
        if (violation !== undefined) return done(violation);
      }
    }
    frontier = next;
  }
  return done(undefined);
}

export const movesFrom = (world: World, scenario: Scenario, rule: Rule): readonly Move[] => [
  ...healerMoves(world, scenario, rule),
  ...gatewayMoves(world, scenario, rule),
  ...machineMoves(world, scenario, rule),
];

function scheduleTo(steps: readonly Step[], last: Step): readonly string[] {
  const names: string[] = [];
  for (let step: Step | undefined = last; step !== undefined && step.from >= 0; step = steps[step.from])
    names.unshift(step.name);
  return names;
}
