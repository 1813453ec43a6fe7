import { mkdirSync, writeFileSync } from "node:fs";
import { STUCK_JOB } from "../stores/stores.ts";
import { instead, json, unknownStores } from "./altered.ts";

const JOBS = "cron/jobs.json";
const NO_STATE = /the state of job \S+ is of no shape that the plugin knows/;

/** What this generation offers before its scheduler has read its store. */
const quiet = async (): Promise<undefined> => undefined;
const scheduler = {
  update: quiet,
  getJob: () => undefined,
  start: quiet,
  stop: quiet,
  state: { store: null, timer: null, running: false, deps: { storePath: "", cronEnabled: false } },
};
Object.assign(globalThis, { [Symbol.for("openclaw.fallbackGatewayContextState")]: { context: { cron: scheduler } } });

type Job = { readonly name: string; state: unknown };

const before =
  (alter: (stateFolder: string) => void = () => {}) =>
  (stateFolder: string): void => {
    scheduler.state.deps.storePath = `${stateFolder}/${JOBS}`;
    alter(stateFolder);
  };
const stuckJob = (change: (job: Job) => void) =>
  before(json(JOBS, ({ jobs }) => change(jobs.find(({ name }: Job) => name === STUCK_JOB))));
const marked = (mark: unknown) =>
  stuckJob(({ state }) => {
    Object.assign(state as object, { runningAtMs: mark });
  });

unknownStores("2026.4.14", false, [
  ["as it is", before(), "understood"],
  [
    "with more in it than we know",
    before(
      json(JOBS, (store) => ({ dreams: [], ...store, jobs: store.jobs.map((job: Job) => ({ ...job, dream: 1 })) })),
    ),
    "understood",
  ],
  ["of a newer version", before(json(JOBS, (store) => ({ ...store, version: 99 }))), /version 99 is not known/],
  ["whose jobs are no list", before(json(JOBS, ({ jobs }) => ({ version: 1, jobs: { ...jobs } }))), /no list of jobs/],
  ["that is a list", before(json(JOBS, ({ jobs }) => jobs)), /has no list of jobs/],
  ["whose mark is a text", marked("2027-01-01T00:00:00Z"), NO_STATE],
  ["whose mark is an object", marked({ at: 1 }), NO_STATE],
  [
    "whose state is a text",
    stuckJob((job) => {
      job.state = "running";
    }),
    NO_STATE,
  ],
  ["that is empty", before(instead(JOBS, (path) => writeFileSync(path, ""))), /jobs\.json: no JSON/],
  ["that is a folder", before(instead(JOBS, (path) => mkdirSync(path))), /is not a regular file/],
]);
