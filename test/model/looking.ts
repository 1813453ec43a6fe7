import { type Job, jobId } from "../../plugin/core/job.ts";
import { read, unread } from "../../plugin/core/observed.ts";
import type { Claim, Origin, Snapshot } from "../../plugin/core/snapshot.ts";
import { type Answer, absent, live, type Testimony, waiting } from "../../plugin/core/testimony.ts";
import { instant, type ProcessTime, seconds } from "../../plugin/core/time.ts";
import type { Rule } from "./rule.ts";
import type { Scenario } from "./scenario.ts";
import { type Gateway, type Glimpse, type Heard, TICK, type World, wallOf } from "./world.ts";

const jobOf = (index: number, { timeout }: Scenario): Job => ({
  id: jobId(`job-${index}`),
  name: `job-${index}`,
  agentId: "main",
  timeout: seconds((timeout * TICK) / 1000),
  interval: read(undefined),
});

/** The registry of sessions of this gateway: it knows a run neither while it starts nor while it ends. */
export const sessionOf = (world: World, job: number): Heard =>
  !world.emptied && world.runs.some((run) => run.job === job && run.gateway === 0 && run.stage === "live")
    ? "live"
    : "absent";

export const tickOf = (world: World): Heard => (world.gateways[0]?.ticking === true ? "live" : "absent");

export const otherOf = (world: World): Heard => (world.gateways.slice(1).some(({ up }) => up) ? "live" : "absent");

/** The pid that the store names as the owner of a run. */
export function ownerOf(world: World, { namesOwners }: Scenario, index: number): Glimpse["owner"] {
  const run = world.runs[index];
  if (!namesOwners || run === undefined) return "not-named";
  const owner = world.gateways[run.gateway];
  if (owner?.up !== true || owner.process !== run.process) return "gone";
  return run.gateway === 0 ? "here" : "elsewhere";
}

/** What the production decision is shown of a look. */
export function snapshotOf(
  world: World,
  scenario: Scenario,
  rule: Rule,
  from: ProcessTime,
  seen: readonly Glimpse[],
): Snapshot {
  const here = world.gateways[0] as Gateway;
  const now = rule.clock(here, world);
  return rule.shown({
    at: instant(wallOf(world)),
    looked: rule.stamps === "looks" ? { from, until: now } : { from: now, until: now },
    scheduler:
      here.scheduler === "not started"
        ? { kind: "busy", because: "has not started yet", lookAgain: undefined }
        : { kind: "settled", healsItself: undefined },
    claims: seen.map((glimpse) => claimOf(world, scenario, rule, here, glimpse)),
    unread: [],
  });
}

function claimOf(world: World, scenario: Scenario, rule: Rule, here: Gateway, glimpse: Glimpse): Claim {
  const run = world.runs[glimpse.run];
  const job = jobOf(run?.job ?? 0, scenario);
  const startedAt = instant(run?.startedAt ?? 0);
  const origin: Origin = {
    olderThanProcess: startedAt < here.bornAt,
    readBeforeScheduler: scenario.generation === "off" || here.leftOver.includes(glimpse.run),
    clockStepped: rule.stepped(here, world),
    owner: glimpse.owner,
  };
  return {
    mark: { jobId: job.id, startedAt },
    standing: glimpse.standing,
    job,
    testimony: testimonyOf(glimpse).map((each) => (isHeard(rule, each) ? each : { ...each, answer: absent })),
    evidence: { kind: scenario.blind ? "incomplete" : "complete", because: "model" },
    origin,
    past: read({
      entry: glimpse.entry ? "the gateway's" : "none",
      endedAt: undefined,
      releases: glimpse.releases,
      releasedSince: undefined,
      durations: [],
    }),
  };
}

const isHeard = ({ hears }: Rule, { witness }: Testimony): boolean => hears.some((name) => name === witness);

const testimonyOf = ({ standing, session, tick, other }: Glimpse): readonly Testimony[] => {
  const last = required("other-gateway", other, live);
  return standing === "wiped" ? [last] : [required("session", session, live), required("tick", tick, waiting), last];
};

const required = (
  witness: Testimony["witness"],
  heard: Heard | undefined,
  yes: (because: string) => Answer,
): Testimony => ({
  witness,
  role: "required",
  answer: heard === "live" ? yes("model") : heard === "absent" ? absent : unread("model"),
});
