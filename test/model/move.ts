import type { Rule } from "./rule.ts";
import type { Scenario } from "./scenario.ts";
import type { World } from "./world.ts";

/** One thing that may happen next, and the world after it. */
export interface Move {
  readonly name: string;
  readonly next: World;
}

export type Moves = (world: World, scenario: Scenario, rule: Rule) => readonly Move[];
