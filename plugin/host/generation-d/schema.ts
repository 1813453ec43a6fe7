import type { DatabaseSync } from "node:sqlite";
import { columnsOf, missingIn } from "../schema.ts";

/** The schema versions whose tables we have seen on a real gateway. */
const KNOWN_VERSIONS: readonly number[] = [15, 18];

/** The columns that we read or write; a table may have more. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  cron_jobs: ["store_key", "job_id", "job_json", "state_json"],
  cron_run_receipts: [
    "receipt_id",
    "store_key",
    "job_id",
    "agent_id",
    "status",
    "owner_pid",
    "owner_start_time",
    "started_at_ms",
    "finished_at_ms",
    "error_text",
  ],
  task_runs: [
    "task_id",
    "runtime",
    "task_kind",
    "source_id",
    "requester_session_key",
    "owner_key",
    "scope_kind",
    "agent_id",
    "run_id",
    "label",
    "task",
    "status",
    "delivery_status",
    "notify_policy",
    "created_at",
    "started_at",
    "ended_at",
    "last_event_at",
    "cleanup_after",
    "error",
    "progress_summary",
    "detail_json",
  ],
  state_leases: ["scope", "lease_key", "owner", "payload_json"],
};

/** Whether this is a database of this generation at all. */
export function hasReceipts(database: DatabaseSync): boolean {
  return columnsOf(database, "cron_run_receipts").length > 0;
}

/** What of the schema is not understood; undefined if all of it is. */
export const notUnderstood = (database: DatabaseSync): string | undefined =>
  missingIn(database, NEEDED, KNOWN_VERSIONS);
