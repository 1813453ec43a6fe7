import type { DatabaseSync } from "node:sqlite";
import { columnsOf, missingIn } from "../schema.ts";

/** The schema versions whose tables we have seen on a real gateway. */
const KNOWN_VERSIONS: readonly number[] = [1];

/** The columns that we read or write; a table may have more. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  cron_jobs: [
    "store_key",
    "job_id",
    "name",
    "enabled",
    "agent_id",
    "schedule_kind",
    "schedule_expr",
    "schedule_tz",
    "every_ms",
    "session_target",
    "payload_kind",
    "payload_timeout_seconds",
    "next_run_at_ms",
    "running_at_ms",
    "state_json",
  ],
  cron_run_logs: [
    "store_key",
    "job_id",
    "seq",
    "ts",
    "status",
    "error",
    "summary",
    "delivery_status",
    "run_at_ms",
    "duration_ms",
    "next_run_at_ms",
    "entry_json",
    "created_at",
  ],
  task_runs: ["runtime", "source_id", "status", "started_at", "ended_at", "error", "terminal_summary"],
};

/** Whether this is a database of this generation at all. */
export const hasRunLogs = (database: DatabaseSync): boolean => columnsOf(database, "cron_run_logs").length > 0;

/** What of the schema is not understood; undefined if all of it is. */
export const notUnderstood = (database: DatabaseSync): string | undefined =>
  missingIn(database, NEEDED, KNOWN_VERSIONS);
