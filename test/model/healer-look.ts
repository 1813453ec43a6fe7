import { otherOf, ownerOf, sessionOf, snapshotOf, tickOf } from "./looking.ts";
import type { Move } from "./move.ts";
import { policyFor, type Rule } from "./rule.ts";
import { hasBudget, type Scenario } from "./scenario.ts";
import { type Deed, type Doing, type Gateway, type Glimpse, type Healer, releasesOf, type World } from "./world.ts";

type To = (next: Doing) => World;
type Looking = Extract<Doing, { kind: "looking" }>;

/** The claims that stand in the store at the beginning of a look. */
export function looksAt(world: World, scenario: Scenario, here: Gateway): readonly Glimpse[] {
  const held = world.jobs.flatMap(({ mark }) => (mark === undefined ? [] : [mark]));
  const wiped = here.leftOver.filter((run) => world.jobs[world.runs[run]?.job ?? -1]?.mark !== run);
  const glimpse = (run: number, standing: Glimpse["standing"]): Glimpse => ({
    run,
    standing,
    owner: ownerOf(world, scenario, run),
    entry: (world.runs[run]?.entries ?? 0) > 0,
    releases: hasBudget(scenario) ? releasesOf(world, world.runs[run]?.job ?? -1) : 0,
    session: standing === "wiped" ? "absent" : undefined,
    tick: undefined,
    other: scenario.gateways > 1 ? undefined : "absent",
  });
  return [...held.map((run) => glimpse(run, "held")), ...wiped.map((run) => glimpse(run, "wiped"))];
}

/** The next witness is asked; the other gateway first and once, then those of this process, job by job. */
export function asked(world: World, scenario: Scenario, doing: Looking, to: To): readonly Move[] {
  const { seen } = doing;
  if (seen.some(({ other }) => other === undefined)) {
    const answered = (other: Glimpse["other"]) => to({ ...doing, seen: seen.map((each) => ({ ...each, other })) });
    const errors = scenario.errors ? [{ name: "ask for other gateways: error", next: answered("unread") }] : [];
    return [{ name: "ask for other gateways", next: answered(otherOf(world)) }, ...errors];
  }
  const next = seen.findIndex(({ session }) => session === undefined);
  const glimpse = seen[next];
  if (glimpse === undefined) return [];
  // With three jobs they are asked in one turn, or the search would have no end.
  const now = (at: number) => at === next || scenario.jobs > 2;
  const answered = (answer: (each: Glimpse) => Glimpse["session"]) =>
    to({
      ...doing,
      seen: seen.map((each, at) => (now(at) ? { ...each, session: answer(each), tick: tickOf(world) } : each)),
    });
  const mayEmpty = scenario.emptiesRegistry && !world.emptied && world.runs.every(({ stage }) => stage === "live");
  const emptied = mayEmpty
    ? [{ name: "ask, registry emptied", next: { ...answered(() => "absent"), emptied: true } }]
    : [];
  const errors = scenario.errors ? [{ name: "ask: error", next: answered(() => "unread") }] : [];
  return [
    { name: "ask", next: answered(({ run }) => sessionOf(world, world.runs[run]?.job ?? -1)) },
    ...errors,
    ...emptied,
  ];
}

/** Every witness has answered: the production decision, on what was seen. */
export function decided(
  world: World,
  scenario: Scenario,
  rule: Rule,
  { doing, memory }: Healer,
): readonly { readonly healer: Partial<Healer>; readonly struckTogether: boolean }[] {
  if (doing.kind !== "looking" || doing.seen.some(({ session, other }) => session === undefined || other === undefined))
    return [];
  const policy = policyFor(scenario);
  const snapshot = snapshotOf(world, scenario, rule, doing.from, doing.seen);
  const examination = rule.examine(snapshot, memory, policy);
  const actions = rule.plan(examination.findings, snapshot.at);
  const deeds = actions.flatMap((action, index): Deed[] => {
    const glimpse = doing.seen[index];
    if (action.kind !== "release" || glimpse === undefined) return [];
    const { run, standing, owner } = glimpse;
    return [{ run, standing, owner, entry: action.entry !== undefined }];
  });
  const struck = [...examination.memory.values()].filter(({ sighting }) => sighting.strike !== undefined);
  return [
    {
      healer: { memory: examination.memory, doing: nextDeed(deeds) },
      struckTogether: world.struckTogether || (!scenario.seenBefore && world.emptied && struck.length > 2),
    },
  ];
}

export const nextDeed = (deeds: readonly Deed[]): Doing =>
  deeds.length === 0 ? { kind: "idle" } : { kind: "writing", deeds, missing: undefined };
