import { canonical } from "./canonical.ts";
import { production } from "./rule.ts";
import type { Scenario } from "./scenario.ts";
import { movesFrom } from "./search.ts";
import { firstWorld, type World } from "./world.ts";

/**
 * The search takes two worlds with one name for one world. That is a proof only if they have the same future: the same
 * moves, to worlds of the same names. Answers the first pair that has not, among so many worlds.
 */
export function differentFuture(scenario: Scenario, most: number): string | undefined {
  const nameOf = (world: World) => canonical(world, scenario, production);
  const futureOf = (world: World) =>
    movesFrom(world, scenario, production)
      .map(({ name, next }) => `${name}: ${next.fault ?? nameOf(next)}`)
      .sort()
      .join("\n");
  const first = firstWorld(scenario);
  const known = new Map([[nameOf(first), futureOf(first)]]);
  const frontier = [first];
  for (const world of frontier) {
    for (const { next } of movesFrom(world, scenario, production)) {
      if (next.fault !== undefined) continue;
      const name = nameOf(next);
      const future = known.get(name);
      if (future === undefined && known.size < most) {
        known.set(name, futureOf(next));
        frontier.push(next);
      } else if (future !== undefined && future !== futureOf(next)) return `${name}\n${future}\n--\n${futureOf(next)}`;
    }
  }
  return undefined;
}
