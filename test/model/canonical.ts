import type { Sighting } from "../../plugin/core/sighting.ts";
import type { ProcessTime } from "../../plugin/core/time.ts";
import type { Rule } from "./rule.ts";
import { hasBudget, hostLimit, isLimited, type Scenario } from "./scenario.ts";
import {
  type Deed,
  type Doing,
  type Gateway,
  type Glimpse,
  type Healer,
  isOver,
  type Run,
  runStartedAt,
  TICK,
  type World,
  wallOf,
} from "./world.ts";

/**
 * The world as a string, with every moment told relative to now and cut off where no window can tell it from an older
 * one. So time has no bound in the search: the number of states is finite although the ticks are not.
 */
export function canonical(world: World, scenario: Scenario, rule: Rule): string {
  const { jobs, runs, gateways, left, emptied, struckTogether } = world;
  const referred = referredIn(world);
  return [
    jobs.map(({ mark, disk, disabled }) => `${mark ?? "-"}${disk ?? "-"}${disabled ? "x" : ""}`).join(),
    runs.map((run, index) => runKey(run, referred.has(index), world, scenario)).join(),
    gateways.map((gateway) => gatewayKey(gateway, world, scenario, rule)).join("/"),
    Object.values(left).join(""),
    emptied ? "!" : "",
    struckTogether ? "!" : "",
  ].join(";");
}

function runKey(run: Run, referred: boolean, world: World, scenario: Scenario): string {
  const { gateway, stage, entries, detached, age, life, startedAt } = run;
  const healed = hasBudget(scenario) && run.healed;
  if (isOver(run) && !referred) return `${stage[0]}${entries}${healed}`;
  const [here] = world.gateways;
  const limited = isLimited(scenario) && !isOver(run);
  const origin =
    here === undefined ? "" : `${startedAt < here.bornAt}${world.gateways[gateway]?.process === run.process}`;
  const ages = stage === "starting" || stage === "ending" ? Math.min(age, scenario.lag) : "";
  return [stage, gateway, entries, detached, healed, ages, limited ? life : "", origin, wallAge(world, startedAt)].join(
    ":",
  );
}

/** Runs that the store, a memory of left-overs or a look or write in hand still speaks of. */
function referredIn({ jobs, gateways }: World): ReadonlySet<number> {
  const marks = jobs.flatMap(({ mark, disk }) => [mark, disk]);
  const inHand = gateways.flatMap(({ leftOver, healers }) => [
    ...leftOver,
    ...healers.flatMap(({ doing }) => {
      if (doing.kind === "looking") return doing.seen.map(({ run }) => run);
      return doing.kind === "idle" ? [] : doing.deeds.map(({ run }) => run);
    }),
  ]);
  return new Set([...marks, ...inHand].filter((run) => run !== undefined));
}

/** Only the order of a start and a process's birth counts, now or after the clock steps that are still to come. */
const wallAge = (world: World, moment: number): number =>
  Math.max(-3 * TICK, Math.min(world.left.steps > 0 ? 3 * TICK : 1, wallOf(world) - moment));

function gatewayKey(gateway: Gateway, world: World, scenario: Scenario, rule: Rule): string {
  const { up, scheduler, ticking, bornAt, clock, leftOver, healers } = gateway;
  if (!up) return `down${gateway.rested}`;
  const now = rule.clock(gateway, world);
  const { last } = clock;
  const unbeaten = [
    world.monotonic - last.monotonic,
    wallOf(world) - last.wall,
    world.monotonic + world.slept - (last.boot ?? 0),
  ];
  return [
    scheduler[0],
    ticking,
    wallAge(world, bornAt),
    clock.stepped,
    unbeaten.join(),
    leftOver.join("+"),
    healers.map((healer) => healerKey(healer, now, scenario)).join("|"),
  ].join(" ");
}

function healerKey({ memory, doing, disturbed }: Healer, now: ProcessTime, scenario: Scenario): string {
  const sightings = [...memory].map(
    ([key, { mark, sighting }]) => `${key[0]}${runStartedAt(mark.startedAt)}=${sightingKey(sighting, now, scenario)}`,
  );
  return `${disturbed}${sightings.sort().join()}>${doingKey(doing, now)}`;
}

function sightingKey(
  { firstSeen, quietSince, strike, seenAlive, silentTogether, distrusted }: Sighting,
  now: ProcessTime,
  scenario: Scenario,
) {
  const { grace, look, ended } = scenario.windows;
  // A look in hand is older than its deadline by what stalls were credited meanwhile.
  const hand = scenario.lookLasts + 2 + 2 * scenario.budget.stalls;
  const cut = (moment: ProcessTime, window: number) => Math.max(-9, Math.min((now - moment) / TICK, window + hand));
  return [
    isLimited(scenario) ? cut(firstSeen, hostLimit(scenario)) : "",
    strike === undefined ? cut(quietSince, Math.max(grace, ended)) : "",
    strike === undefined ? "-" : cut(strike, Math.max(look, ended)),
    seenAlive,
    silentTogether,
    distrusted,
  ].join("_");
}

function doingKey(doing: Doing, now: ProcessTime): string {
  switch (doing.kind) {
    case "idle":
      return "i";
    case "looking":
      return `l${doing.hand}_${(now - doing.from) / TICK}_${doing.seen.map(glimpseKey).join("+")}`;
    case "writing":
      return `w${doing.missing}${doing.deeds.map(deedKey).join("+")}`;
    case "persisting":
      return `p${doing.job}${doing.deeds.map(deedKey).join("+")}`;
  }
}

const glimpseKey = ({ run, standing, owner, entry, releases, session, tick, other }: Glimpse): string =>
  [run, standing[0], owner, entry, releases, session, tick, other].join(".");

const deedKey = ({ run, standing, entry, owner }: Deed): string => [run, standing[0], entry, owner].join(".");
