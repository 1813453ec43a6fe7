import { nextDeed } from "./healer-look.ts";
import { otherOf, ownerOf, sessionOf, tickOf } from "./looking.ts";
import type { Rule } from "./rule.ts";
import type { Scenario } from "./scenario.ts";
import {
  changeGateway,
  changeJob,
  changeRun,
  type Deed,
  type Doing,
  type Heard,
  isOver,
  releasesOf,
  type World,
} from "./world.ts";

type Writing = Extract<Doing, { kind: "writing" }>;
type Go = (next: Doing, world: World) => World;

/** Before the write: does the history still lack an entry? */
export function readAgain(world: World, rule: Rule, doing: Writing): Doing {
  const [deed] = doing.deeds;
  const known = deed !== undefined && (world.runs[deed.run]?.entries ?? 0) > 0;
  return { ...doing, missing: deed?.entry === true && !(rule.readsHistoryAgain && known) };
}

/** One synchronous turn: the fence, the witnesses once more, the entry and the cleared mark. */
export function written(world: World, scenario: Scenario, rule: Rule, doing: Writing, go: Go): World {
  const [deed, ...rest] = doing.deeds;
  const judged = deed === undefined ? undefined : world.runs[deed.run];
  if (deed === undefined || judged === undefined) return go({ kind: "idle" }, world);
  const mark = world.jobs[judged.job]?.mark;
  const nothing = go(nextDeed(rest), world);
  const heard = (witness: Rule["hears"][number], answer: Heard) => rule.hears.includes(witness) && answer !== "absent";
  if (rule.asksAgain && heard("other-gateway", otherOf(world))) return nothing;
  const missing = doing.missing === true;
  if (deed.standing === "wiped") {
    const here = world.gateways[0]?.leftOver ?? [];
    if (mark === deed.run || (rule.fencesLeftOvers && !here.includes(deed.run))) return nothing;
    const forgotten = changeGateway(world, 0, { leftOver: here.filter((run) => run !== deed.run) });
    return go(nextDeed(rest), missing ? withEntry(forgotten, deed.run) : forgotten);
  }
  if (!isFenced(world, scenario, rule, deed, mark)) return nothing;
  const seen = heard("session", sessionOf(world, judged.job)) || heard("tick", tickOf(world));
  if (rule.asksAgain && seen) return nothing;
  const entered = missing ? withEntry(world, deed.run) : world;
  const victim = mark === undefined ? undefined : world.runs[mark];
  const bare = changeJob(entered, judged.job, { mark: undefined });
  const promised = !scenario.overruns || seen;
  const suspicious = scenario.seenBefore || world.struckTogether;
  const alive = victim !== undefined && !isOver(victim) && promised && suspicious;
  // An assumption did not hold, and no witness saw the run: that it was released is not counted further.
  const unseen = victim !== undefined && mark !== undefined && !isOver(victim) && !alive;
  const fault = alive ? `released a run that is ${victim.stage}` : entered.fault;
  const overBudget = releasesOf(world, judged.job) >= scenario.releases;
  const cleared = unseen ? changeRun(bare, mark, { detached: true }) : bare;
  const forgotten = changeGateway(cleared, 0, {
    leftOver: (world.gateways[0]?.leftOver ?? []).filter((run) => run !== deed.run),
  });
  const counted = missing ? changeRun(forgotten, deed.run, { healed: true }) : forgotten;
  return {
    ...go({ kind: "persisting", job: judged.job, deeds: rest }, counted),
    fault: fault ?? (overBudget ? "released once more than the budget allows" : undefined),
  };
}

function isFenced(world: World, scenario: Scenario, { fences }: Rule, deed: Deed, mark: number | undefined): boolean {
  switch (fences) {
    case "this run":
      return mark === deed.run && ownerOf(world, scenario, deed.run) === deed.owner;
    case "this job":
      return mark !== undefined;
    case "nothing":
      return true;
  }
}

/** The cleared mark reaches the disk; until then a crash brings it back. */
export function persisted(world: World, { job, deeds }: Extract<Doing, { kind: "persisting" }>, go: Go): World {
  return go(nextDeed(deeds), changeJob(world, job, { disk: world.jobs[job]?.mark }));
}

function withEntry(world: World, index: number): World {
  const entries = (world.runs[index]?.entries ?? 0) + 1;
  const next = changeRun(world, index, { entries });
  return entries > 1 ? { ...next, fault: "two entries for one run" } : next;
}
