import { randomUUID } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import type { RunEntry } from "../../core/entry.ts";
import type { Instant } from "../../core/time.ts";
import { HostError } from "../port.ts";
import type { RunReceipt } from "./rows.ts";

/** The gateway keeps finished runs for a week. */
const RETENTION = 7 * 24 * 3_600_000;

export interface HistoryOf {
  readonly entry: RunEntry;
  readonly storeKey: string;
  readonly name: string;
  readonly agentId: string;
  readonly receiptId: string | undefined;
  readonly nextRunAt: Instant | undefined;
}

/**
 * Tells the dead run in the gateway's own history. Its task row is completed if it left one, so that no shutdown waits
 * for it; only without one a row is made.
 */
export function writeHistory(database: DatabaseSync, of: HistoryOf): void {
  const { entry, storeKey } = of;
  const detail = JSON.stringify({
    kind: "cron-run",
    status: "error",
    completionStatus: "failed",
    error: entry.text,
    summary: null,
    storeKey,
    deliveryStatus: "not-requested",
    runAtMs: entry.mark.startedAt,
    durationMs: entry.duration,
    nextRunAtMs: of.nextRunAt,
  });
  const completed = completeRow(database, of, detail);
  if (completed > 1) throw new HostError("not-understood", `${completed} task rows tell of one run`);
  if (completed === 0) insertRow(database, of, detail);
}

function completeRow(database: DatabaseSync, { entry }: HistoryOf, detail: string): number {
  const { jobId, startedAt } = entry.mark;
  const { changes } = database
    .prepare(
      `UPDATE task_runs SET status = 'failed', error = ?, ended_at = ?, last_event_at = ?, cleanup_after = ?, detail_json = ?
       WHERE runtime = 'cron' AND source_id = ? AND started_at = ?
         AND (run_id = ? OR (run_id >= ? AND run_id < ?))
         AND (status IN ('running', 'queued')
           OR (status = 'lost' AND (detail_json IS NULL OR json_extract(detail_json, '$.kind') IS NULL)))`,
    )
    .run(
      entry.text,
      entry.endedAt,
      entry.endedAt,
      entry.endedAt + RETENTION,
      detail,
      jobId,
      startedAt,
      // As gateways before 2026.8 named it, in a home that was moved to this one while it ran.
      `cron:${jobId}:${startedAt}`,
      // Every run id that begins with "cron:<job>:<start>:"; the semicolon follows the colon.
      `cron:${jobId}:${startedAt}:`,
      `cron:${jobId}:${startedAt};`,
    );
  return Number(changes);
}

function insertRow(database: DatabaseSync, { entry, name, agentId, receiptId }: HistoryOf, detail: string): void {
  const { jobId, startedAt } = entry.mark;
  database
    .prepare(
      `INSERT INTO task_runs (task_id, runtime, task_kind, source_id, requester_session_key, owner_key, scope_kind, agent_id,
         run_id, label, task, status, delivery_status, notify_policy, created_at, started_at, ended_at, last_event_at,
         cleanup_after, error, progress_summary, detail_json)
       VALUES (?, 'cron', 'automation_run', ?, '', '', 'system', ?, ?, ?, ?, 'failed', 'not_applicable', 'silent',
         ?, ?, ?, ?, ?, ?, 'Running automation.', ?)`,
    )
    .run(
      randomUUID(),
      jobId,
      agentId,
      `cron:${jobId}:${startedAt}:${receiptId ?? randomUUID()}`,
      name,
      name,
      startedAt,
      startedAt,
      entry.endedAt,
      entry.endedAt,
      entry.endedAt + RETENTION,
      entry.text,
      detail,
    );
}

/** Ends the receipt of a process that is gone, exactly that one; the same write as the gateway's own. */
export function endReceipt(
  database: DatabaseSync,
  storeKey: string,
  { id, jobId, ownerPid, ownerStartTicks, startedAt }: RunReceipt,
  endedAt: Instant,
  text: string,
): void {
  const { changes } = database
    .prepare(
      `UPDATE cron_run_receipts SET status = 'interrupted', finished_at_ms = ?, error_text = ?
       WHERE receipt_id = ? AND store_key = ? AND job_id = ? AND status = 'running'
         AND owner_pid = ? AND owner_start_time IS ? AND started_at_ms = ?`,
    )
    .run(endedAt, text, id, storeKey, jobId, ownerPid, ownerStartTicks ?? null, startedAt);
  if (Number(changes) !== 1) throw new HostError("busy", "the receipt moved on");
}
