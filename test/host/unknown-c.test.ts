import { mkdirSync, writeFileSync } from "node:fs";
import { STUCK_JOB } from "../stores/stores.ts";
import { instead, sql, unknownStores } from "./altered.ts";

const DATABASE = "state/openclaw.sqlite";
const hangs = `WHERE name = '${STUCK_JOB}'`;
const set = (columns: string) => sql(`UPDATE cron_jobs SET ${columns} ${hangs}`);

unknownStores("2026.7.1-2", true, [
  ["as it is", () => {}, "understood"],
  ["with an extra table", sql("CREATE TABLE cron_dreams (id TEXT) STRICT"), "understood"],
  ["with an extra column", sql("ALTER TABLE cron_jobs ADD COLUMN dream TEXT"), "understood"],
  ["with more in a job's state", set("state_json = json_set(state_json, '$.dream', json('[1]'))"), "understood"],
  ["of a newer version", sql("PRAGMA user_version = 99"), /schema version 99 is not known/],
  [
    "without the column of the mark",
    sql("ALTER TABLE cron_jobs RENAME COLUMN running_at_ms TO mark"),
    /column cron_jobs\.running_at_ms is missing/,
  ],
  [
    "without a column of the run logs",
    sql("ALTER TABLE cron_run_logs RENAME COLUMN run_at_ms TO began"),
    /column cron_run_logs\.run_at_ms is missing/,
  ],
  ["without its task rows", sql("ALTER TABLE task_runs RENAME TO runs"), /table task_runs is missing/],
  ["without run logs", sql("ALTER TABLE cron_run_logs RENAME TO logs"), /holds neither run receipts nor run logs/],
  [
    "whose mark is a text",
    set("running_at_ms = 'this morning', state_json = json_set(state_json, '$.runningAtMs', 'this morning')"),
    /the state of job \S+ is of no shape that the plugin knows/,
  ],
  [
    "whose state is no JSON",
    set("running_at_ms = NULL, state_json = '{'"),
    /the state of job \S+ is of no shape that the plugin knows/,
  ],
  ["that is no database", instead(DATABASE, (path) => writeFileSync(path, "x".repeat(8192))), /not a database/],
  ["that is empty", instead(DATABASE, (path) => writeFileSync(path, "")), /holds neither run receipts nor run logs/],
  ["that is a folder", instead(DATABASE, (path) => mkdirSync(path)), /is not a regular file/],
]);
