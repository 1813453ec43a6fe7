import { examine, type Memory, type Remembered } from "../../plugin/core/examine.ts";
import { NO_LESSONS } from "../../plugin/core/experience.ts";
import type { Policy } from "../../plugin/core/policy.ts";
import type { Claim, Snapshot } from "../../plugin/core/snapshot.ts";
import { absent, type Testimony } from "../../plugin/core/testimony.ts";
import { millis, processTime, seconds } from "../../plugin/core/time.ts";
import { production, type Rule } from "./rule.ts";
import type { ScenarioName } from "./scenarios.ts";
import { TICK, wallOf } from "./world.ts";

/** The production rule with one thing wrong, and the scenario in which that must be found out. */
export interface Mutant {
  readonly name: string;
  readonly scenario: ScenarioName;
  readonly rule: Rule;
}

const mutant = (name: string, scenario: ScenarioName, change: Partial<Rule>): Mutant => ({
  name,
  scenario,
  rule: { ...production, ...change },
});

const withClaims =
  (change: (claim: Claim) => Partial<Claim>) =>
  (snapshot: Snapshot): Snapshot => ({
    ...snapshot,
    claims: snapshot.claims.map((claim) => ({ ...claim, ...change(claim) })),
  });

const withWindows =
  (change: Partial<Policy["windows"]>): typeof examine =>
  (snapshot, memory, policy) =>
    examine(snapshot, memory, { ...policy, windows: { ...policy.windows, ...change } });

/** What the healer remembers is altered before the decision is asked. */
const remembering =
  (change: Partial<Remembered["sighting"]>): typeof examine =>
  (snapshot, memory, policy) => {
    const altered: Memory = new Map(
      [...memory].map(([key, each]) => [key, { ...each, sighting: { ...each.sighting, ...change } }]),
    );
    return examine(snapshot, altered, policy);
  };

const NO_WINDOW = millis(Number.NEGATIVE_INFINITY);
const ONE_TICK = seconds(TICK / 1000);

/** The first look after the grace is the second look too. */
const oneLook: typeof examine = (snapshot, memory, policy) => {
  const first = examine(snapshot, memory, policy);
  return withWindows({ look: NO_WINDOW, ended: NO_WINDOW })(snapshot, first.memory, policy);
};

/** Each run as if it were the only one. */
const oneByOne: typeof examine = (snapshot, memory, policy) => {
  const alone = snapshot.claims.map((claim) => examine({ ...snapshot, claims: [claim] }, memory, policy));
  return {
    findings: alone.flatMap(({ findings }) => findings),
    memory: new Map(alone.flatMap(({ memory: each }) => [...each])),
    suspicion: undefined,
    wronglySuspected: [],
    lessons: NO_LESSONS,
  };
};

const unreadIsAbsent = (testimony: Testimony): Testimony =>
  testimony.answer.kind === "unread" ? { ...testimony, answer: absent } : testimony;

export const mutants: readonly Mutant[] = [
  mutant("no compare-and-set", "operator", { fences: "nothing" }),
  mutant("compare-and-set on the job instead of the run", "operator", { fences: "this job" }),
  mutant("one look", "calm", { examine: oneLook }),
  mutant("no grace before the first look", "calm", { examine: withWindows({ grace: NO_WINDOW }) }),
  mutant("grace shorter than the start lag", "calm", { examine: withWindows({ grace: millis(0) }) }),
  mutant("window shorter than the lag", "calm", { examine: withWindows({ look: ONE_TICK }) }),
  mutant("window after the end shorter than the finish lag", "calm", { examine: withWindows({ ended: ONE_TICK }) }),
  mutant("stamps of the write instead of the looks", "calm", { stamps: "decision" }),
  mutant("gap from the first look's begin to the second's end", "calm", {
    shown: (snapshot) => ({ ...snapshot, looked: { from: snapshot.looked.until, until: snapshot.looked.from } }),
  }),
  mutant("a witness's error read as absence", "calm", {
    shown: withClaims(({ testimony }) => ({ testimony: testimony.map(unreadIsAbsent) })),
  }),
  mutant("wall clock instead of process time", "stalls", { clock: (_, world) => processTime(wallOf(world)) }),
  mutant("monotonic clock, stalls counted", "stalls", { clock: (_, world) => processTime(world.monotonic) }),
  mutant("strikes survive a disturbance", "longStalls", { dropsStrikes: false }),
  mutant("no batch veto", "batch", { hears: ["session", "other-gateway"] }),
  mutant("no re-check before the write", "overruns", { asksAgain: false }),
  mutant("session manager not asked", "calm", { hears: ["tick", "other-gateway"] }),
  mutant("other gateway not asked", "gateways", { hears: ["session", "tick"] }),
  mutant("mark need not be older than the process", "ownerless", {
    shown: withClaims(({ origin }) => ({ origin: { ...origin, olderThanProcess: true } })),
  }),
  mutant("steps of the clock ignored", "ownerless", { stepped: () => false }),
  mutant("a step noticed only at the next beat", "ownerless", { stepped: ({ clock }) => clock.stepped }),
  mutant("history not asked", "wiped", {
    shown: withClaims(() => ({
      past: {
        kind: "read",
        value: { entry: "none", endedAt: undefined, releases: 0, releasedSince: undefined, durations: [] },
      },
    })),
    readsHistoryAgain: false,
  }),
  mutant("left-overs written without a fence", "healers", { fencesLeftOvers: false }),
  mutant("incomplete evidence taken for complete", "blind", {
    shown: withClaims(() => ({ evidence: { kind: "complete", because: "mutant" } })),
  }),
  mutant("runs never suspected together", "emptied", {
    examine: remembering({ seenAlive: false, silentTogether: false }),
  }),
  mutant("silence together forgotten when one finishes", "emptied", {
    examine: remembering({ silentTogether: false }),
  }),
  mutant("runs judged one by one, not together", "emptiedUnseen", { examine: oneByOne }),
  mutant("releases not counted", "budget", {
    shown: withClaims(({ past }) => ({
      past: past.kind === "read" ? { ...past, value: { ...past.value, releases: 0 } } : past,
    })),
  }),
  mutant("nothing is ever released", "calm", { plan: () => [] }),
];
