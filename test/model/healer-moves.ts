import { disturbAll } from "../../plugin/core/examine.ts";
import { asked, decided, looksAt } from "./healer-look.ts";
import { persisted, readAgain, written } from "./healer-write.ts";
import type { Move, Moves } from "./move.ts";
import type { Rule } from "./rule.ts";
import type { Scenario } from "./scenario.ts";
import { changeGateway, type Gateway, type Healer, replaced, type World } from "./world.ts";

/** The healer, cut at every point where the real one awaits and the gateway may go on. */
export const healerMoves: Moves = (world, scenario, rule) => {
  const here = world.gateways[0];
  if (here?.up !== true) return [];
  return here.healers.flatMap((healer, index) => steps(world, scenario, rule, here, healer, index));
};

export const changeHealer = (world: World, index: number, change: Partial<Healer>): World =>
  changeGateway(world, 0, { healers: replaced(world.gateways[0]?.healers ?? [], index, change) });

function steps(
  world: World,
  scenario: Scenario,
  rule: Rule,
  here: Gateway,
  healer: Healer,
  index: number,
): readonly Move[] {
  const { doing } = healer;
  const named = (name: string, next: World): Move => ({
    name: `${name}${scenario.healers > 1 ? ` (healer ${index})` : ""}`,
    next,
  });
  switch (doing.kind) {
    case "idle": {
      const seen = looksAt(world, scenario, here);
      if (seen.length === 0 && healer.memory.size === 0 && !healer.disturbed) return [];
      const from = rule.clock(here, world);
      const memory = healer.disturbed && rule.dropsStrikes ? disturbAll(healer.memory, from) : healer.memory;
      const looking = { kind: "looking", from, hand: 0, seen } as const;
      return [named("look", changeHealer(world, index, { memory, disturbed: false, doing: looking }))];
    }
    case "looking":
      return [
        ...asked(world, scenario, doing, (next) => changeHealer(world, index, { doing: next })).map(({ name, next }) =>
          named(name, next),
        ),
        ...decided(world, scenario, rule, healer).map(({ healer: next, struckTogether }) =>
          named("decide", { ...changeHealer(world, index, next), struckTogether }),
        ),
        ...(scenario.errors ? [named("look fails", changeHealer(world, index, { doing: { kind: "idle" } }))] : []),
      ];
    case "writing":
      return doing.missing === undefined
        ? [named("read history again", changeHealer(world, index, { doing: readAgain(world, rule, doing) }))]
        : [
            named(
              "write",
              written(world, scenario, rule, doing, (next, to) => changeHealer(to, index, { doing: next })),
            ),
          ];
    case "persisting":
      return [
        named(
          "persist",
          persisted(world, doing, (next, to) => changeHealer(to, index, { doing: next })),
        ),
      ];
  }
}
