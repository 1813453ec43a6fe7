import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { STUCK_JOB } from "../stores/stores.ts";
import { instead, sql, unknownStores } from "./altered.ts";

const DATABASE = "state/openclaw.sqlite";
const hangs = `WHERE json_extract(job_json, '$.name') = '${STUCK_JOB}'`;
const state = (value: string) => sql(`UPDATE cron_jobs SET state_json = ${value} ${hangs}`);

unknownStores("2026.9.6", true, [
  ["as it is", () => {}, "understood"],
  ["with an extra table", sql("CREATE TABLE cron_dreams (id TEXT) STRICT"), "understood"],
  ["with an extra column", sql("ALTER TABLE cron_jobs ADD COLUMN dream TEXT"), "understood"],
  ["with more in a job's state", state("json_set(state_json, '$.dream', json('[1]'))"), "understood"],
  [
    "with a mark that is a text",
    state("json_set(state_json, '$.runningAtMs', 'now')"),
    /the state of job .* is of no shape/,
  ],
  ["with a state that is no JSON", state("'{'"), /the state of job .* is of no shape/],
  ["of a newer version", sql("PRAGMA user_version = 99"), /schema version 99 is not known/],
  [
    "without a column of the receipts",
    sql("ALTER TABLE cron_run_receipts RENAME COLUMN owner_pid TO owner"),
    /column cron_run_receipts\.owner_pid is missing/,
  ],
  [
    "without a column of the jobs",
    sql("ALTER TABLE cron_jobs RENAME COLUMN state_json TO state"),
    /column cron_jobs\.state_json is missing/,
  ],
  ["without its task rows", sql("ALTER TABLE task_runs RENAME TO runs"), /table task_runs is missing/],
  [
    "without receipts",
    sql("ALTER TABLE cron_run_receipts RENAME TO receipts"),
    /holds neither run receipts nor run logs: a store that the plugin does not know yet/,
  ],
  ["that is no database", instead(DATABASE, (path) => writeFileSync(path, "x".repeat(8192))), /not a database/],
  ["that is empty", instead(DATABASE, (path) => writeFileSync(path, "")), /holds neither run receipts nor run logs/],
  ["that is a folder", instead(DATABASE, (path) => mkdirSync(path)), /is not a regular file/],
  ["that is a FIFO", instead(DATABASE, (path) => void execFileSync("mkfifo", [path])), /is not a regular file/],
]);
