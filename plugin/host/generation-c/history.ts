import type { DatabaseSync } from "node:sqlite";
import { type RunEntry, TAG } from "../../core/entry.ts";
import type { JobId } from "../../core/job.ts";
import type { Instant } from "../../core/time.ts";
import type { KnownResult } from "./result.ts";

/** One finished run, as a row of the gateway's own history tells it. */
export interface HistoryRow {
  readonly job: JobId;
  readonly status: string;
  readonly error: string | undefined;
  readonly summary: string | undefined;
  readonly startedAt: Instant;
  readonly endedAt: Instant;
  readonly nextRunAt: Instant | undefined;
}

/** A run of which nobody knows how it ended. */
export const lostRun = ({ mark, endedAt, text }: RunEntry, nextRunAt: Instant | undefined): HistoryRow => ({
  job: mark.jobId,
  status: "error",
  error: text,
  summary: undefined,
  startedAt: mark.startedAt,
  endedAt,
  nextRunAt,
});

const RESTORED = `${TAG} restored from the gateway's task ledger`;

/** An entry of ours that tells the run's own result. */
export const isRestored = (text: string | undefined): boolean => text?.startsWith(RESTORED) === true;

/** A run whose result stands elsewhere: told as it was, and marked as ours. */
export function restoredRun(
  job: JobId,
  status: string,
  { startedAt, endedAt, nextRunAt, text }: KnownResult,
): HistoryRow {
  const told = `${RESTORED}${text === undefined ? "" : `: ${text}`}`;
  const failed = status === "error";
  return {
    job,
    status,
    error: failed ? told : undefined,
    summary: failed ? undefined : told,
    startedAt,
    endedAt,
    nextRunAt,
  };
}

/** Adds a row as the gateway itself numbers its rows. */
export function writeHistory(database: DatabaseSync, storeKey: string, row: HistoryRow): void {
  const { job, status, error, summary, startedAt, endedAt, nextRunAt } = row;
  const durationMs = Math.max(0, endedAt - startedAt);
  const entry = JSON.stringify({
    ts: endedAt,
    jobId: job,
    action: "finished",
    status,
    error,
    summary,
    deliveryStatus: "not-requested",
    runAtMs: startedAt,
    durationMs,
    nextRunAtMs: nextRunAt,
  });
  database
    .prepare(
      `INSERT INTO cron_run_logs (store_key, job_id, seq, ts, status, error, summary, delivery_status, run_at_ms, duration_ms,
         next_run_at_ms, entry_json, created_at)
       VALUES (:store, :job,
         (SELECT COALESCE(MAX(seq), 0) + 1 FROM cron_run_logs WHERE store_key = :store AND job_id = :job),
         :ended, :status, :error, :summary, 'not-requested', :started, :duration, :next, :entry, :now)`,
    )
    .run({
      store: storeKey,
      job,
      status,
      ended: endedAt,
      error: error ?? null,
      summary: summary ?? null,
      started: startedAt,
      duration: durationMs,
      next: nextRunAt ?? null,
      entry,
      now: Date.now(),
    });
}
