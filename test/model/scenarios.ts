import type { Scenario } from "./scenario.ts";
import type { Budget } from "./world.ts";

const none: Budget = { runs: 2, losses: 1, crashes: 0, stalls: 0, steps: 0, edits: 0, reloads: 0 };

/** One job, one gateway, one healer, lags of two ticks, windows just longer, and nothing that goes wrong but one loss. */
const calm: Scenario = {
  name: "runs one after another",
  jobs: 1,
  gateways: 1,
  healers: 1,
  generation: "A",
  namesOwners: false,
  timeout: 1,
  lag: 2,
  windows: { grace: 2, look: 2, ended: 2 },
  lookLasts: 1,
  blind: false,
  batches: false,
  emptiesRegistry: false,
  seenBefore: true,
  releases: Number.POSITIVE_INFINITY,
  stalls: [],
  sleeps: [],
  steps: [],
  errors: false,
  overruns: false,
  budget: none,
};

/** The same with the shortest lag, where there is much else to search. */
const brisk = { lag: 1, windows: { grace: 1, look: 1, ended: 1 }, lookLasts: 1 } as const;

/** Each adds one kind of trouble, so that every search comes to its end. */
export const scenarios = {
  calm: { ...calm, errors: true },
  stalls: {
    ...calm,
    name: "stalls, sleeps and clock steps",
    windows: { grace: 4, look: 4, ended: 4 },
    stalls: [5, 12],
    sleeps: [12],
    steps: [-30_000, 30_000],
    budget: { ...none, runs: 1, stalls: 1, steps: 1 },
  },
  longStalls: {
    ...calm,
    name: "several long stalls",
    windows: { grace: 4, look: 4, ended: 4 },
    stalls: [12],
    budget: { ...none, runs: 1, stalls: 3 },
  },
  wiped: { ...calm, name: "crash and boot, marks wiped", budget: { ...none, crashes: 2 } },
  recovered: {
    ...calm,
    name: "crash and boot, gateway recovers",
    generation: "D",
    namesOwners: true,
    budget: { ...none, crashes: 2 },
  },
  off: {
    ...calm,
    ...brisk,
    name: "scheduler off, manual runs, owners named",
    generation: "off",
    namesOwners: true,
    steps: [-30_000, 30_000],
    budget: { ...none, crashes: 1, steps: 1 },
  },
  ownerless: {
    ...calm,
    ...brisk,
    name: "scheduler off, manual runs, no owner named",
    generation: "off",
    steps: [-30_000, 30_000],
    budget: { ...none, crashes: 1, steps: 1 },
  },
  batch: { ...calm, name: "a batch marked at once", jobs: 2, batches: true },
  healers: { ...calm, ...brisk, name: "two healers", healers: 2, budget: { ...none, runs: 1, crashes: 1 } },
  gateways: {
    ...calm,
    ...brisk,
    name: "a second gateway",
    gateways: 2,
    lookLasts: 0,
    budget: { ...none, runs: 1, losses: 1, crashes: 2 },
  },
  operator: { ...calm, name: "operator and hot reload", budget: { ...none, edits: 1, reloads: 1 } },
  blind: { ...calm, name: "runs that no witness sees", timeout: 4, blind: true, errors: true },
  emptied: {
    ...calm,
    name: "the registry emptied",
    jobs: 3,
    emptiesRegistry: true,
    timeout: 3,
    lag: 1,
    windows: { grace: 1, look: 1, ended: 1 },
    lookLasts: 0,
    budget: { ...none, runs: 0, losses: 0 },
  },
  emptiedUnseen: {
    ...calm,
    name: "the registry emptied before the first look",
    jobs: 3,
    emptiesRegistry: true,
    seenBefore: false,
    timeout: 3,
    ...brisk,
    lookLasts: 0,
    budget: { ...none, runs: 0, losses: 0 },
  },
  budget: {
    ...calm,
    ...brisk,
    name: "released too often",
    releases: 1,
    lookLasts: 0,
    budget: { ...none, runs: 3, losses: 3, crashes: 1 },
  },
  overruns: { ...calm, name: "slower than promised", overruns: true },
} as const satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof scenarios;
