import { mkdirSync, writeFileSync } from "node:fs";
import { tellGatewayStarted } from "../../plugin/host/briefing.ts";
import { STUCK_JOB } from "../stores/stores.ts";
import { instead, json, unknownStores } from "./altered.ts";

const JOBS = "cron/jobs.json";
const STATES = "cron/jobs-state.json";
const NO_STATE = /the state of job \S+ is of no shape that the plugin knows/;

/** What this generation offers before its scheduler has shown itself: five verbs and no jobs. */
const quiet = async (): Promise<undefined> => undefined;
const scheduler = { update: quiet, getJob: () => undefined, enqueueRun: quiet, start: quiet, stop: quiet };
tellGatewayStarted({ getCron: () => scheduler });

const stuckState = (change: (entry: { state: unknown }) => void) => (stateFolder: string) => {
  let id = "";
  json(JOBS, ({ jobs }) => {
    id = jobs.find(({ name }: { name: string }) => name === STUCK_JOB).id;
  })(stateFolder);
  json(STATES, ({ jobs }) => change(jobs[id]))(stateFolder);
};
const marked = (mark: unknown) =>
  stuckState(({ state }) => {
    Object.assign(state as object, { runningAtMs: mark });
  });

unknownStores("2026.5.28", true, [
  ["as it is", () => {}, "understood"],
  [
    "with more in it than we know",
    json(JOBS, (store) => ({ dreams: [], ...store, jobs: store.jobs.map((job: object) => ({ ...job, dream: 1 })) })),
    "understood",
  ],
  ["of a newer version", json(JOBS, (store) => ({ ...store, version: 99 })), /jobs\.json: version 99 is not known/],
  [
    "whose states are of a newer version",
    json(STATES, (store) => ({ ...store, version: 99 })),
    /jobs-state\.json: version 99 is not known/,
  ],
  ["whose jobs are no list", json(JOBS, ({ jobs }) => ({ version: 1, jobs: { ...jobs } })), /has no list of jobs/],
  ["whose states are a list", json(STATES, () => ({ version: 1, jobs: [] })), /has no states of jobs/],
  ["that is a list", json(JOBS, ({ jobs }) => jobs), /has no list of jobs/],
  ["whose mark is a text", marked("2027-01-01T00:00:00Z"), NO_STATE],
  ["whose mark is an object", marked({ at: 1 }), NO_STATE],
  [
    "whose state is a text",
    stuckState((entry) => {
      entry.state = "running";
    }),
    NO_STATE,
  ],
  ["that is empty", instead(JOBS, (path) => writeFileSync(path, "")), /jobs\.json: .*JSON/],
  ["that is a folder", instead(STATES, (path) => mkdirSync(path)), /jobs-state\.json is not a regular file/],
  [
    "that has moved into a database",
    instead("state", (path) => {
      mkdirSync(path);
      writeFileSync(`${path}/openclaw.sqlite`, "");
    }),
    /holds neither run receipts nor run logs: a store that the plugin does not know yet/,
  ],
]);
