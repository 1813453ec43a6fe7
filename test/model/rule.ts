import { examine } from "../../plugin/core/examine.ts";
import { plan } from "../../plugin/core/plan.ts";
import type { Policy } from "../../plugin/core/policy.ts";
import { beat } from "../../plugin/core/process-time.ts";
import type { Snapshot } from "../../plugin/core/snapshot.ts";
import { type ProcessTime, seconds } from "../../plugin/core/time.ts";
import { hostLimit, type Scenario } from "./scenario.ts";
import { type Gateway, readingOf, TICK, type World } from "./world.ts";

/** How the healer of the model goes about it. The real one is `production`; a mutant differs in one line. */
export interface Rule {
  readonly examine: typeof examine;
  readonly plan: typeof plan;
  readonly clock: (gateway: Gateway, world: World) => ProcessTime;
  /** What the decision is shown of what was seen. */
  readonly shown: (snapshot: Snapshot) => Snapshot;
  readonly stamps: "looks" | "decision";
  /** Under the write: the mark must be the one that was judged, or any, or none. */
  readonly fences: "this run" | "this job" | "nothing";
  readonly hears: readonly ("session" | "tick" | "other-gateway")[];
  /** The witnesses are asked again in the same turn as the write. */
  readonly asksAgain: boolean;
  /** The history is read again before an entry is written. */
  readonly readsHistoryAgain: boolean;
  /** A left-over is written down only while it is still remembered as such. */
  readonly fencesLeftOvers: boolean;
  readonly dropsStrikes: boolean;
  readonly stepped: (gateway: Gateway, world: World) => boolean;
}

/** The clock of plugin/host/process-clock.ts: a beat's credit, without keeping the beat. */
export const processClock = ({ clock }: Gateway, world: World): ProcessTime =>
  beat(clock, readingOf(world), seconds(TICK / 1000)).state.now;

export const production: Rule = {
  examine,
  plan,
  clock: processClock,
  shown: (snapshot) => snapshot,
  stamps: "looks",
  fences: "this run",
  hears: ["session", "tick", "other-gateway"],
  asksAgain: true,
  readsHistoryAgain: true,
  fencesLeftOvers: true,
  dropsStrikes: true,
  stepped: ({ clock }, world) => beat(clock, readingOf(world), seconds(TICK / 1000)).state.stepped,
};

const ticks = (count: number) => seconds((count * TICK) / 1000);

export const policyFor = (scenario: Scenario): Policy => ({
  windows: {
    grace: ticks(scenario.windows.grace),
    look: ticks(scenario.windows.look),
    ended: ticks(scenario.windows.ended),
  },
  patience: { floor: ticks(scenario.timeout), ceiling: ticks(hostLimit(scenario)), intervals: 2, forAll: undefined },
  overrides: [],
  budget: { releases: scenario.releases, within: ticks(1) },
});
