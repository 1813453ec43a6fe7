import type { DatabaseSync } from "node:sqlite";
import type { RunEntry } from "../../core/entry.ts";
import type { Instant } from "../../core/time.ts";

/** Tells the dead run in the gateway's own history, as the gateway itself numbers its rows. */
export function writeHistory(
  database: DatabaseSync,
  storeKey: string,
  { mark, endedAt, duration, text }: RunEntry,
  nextRunAt: Instant | undefined,
): void {
  const entry = JSON.stringify({
    ts: endedAt,
    jobId: mark.jobId,
    action: "finished",
    status: "error",
    error: text,
    deliveryStatus: "not-requested",
    runAtMs: mark.startedAt,
    durationMs: duration,
    nextRunAtMs: nextRunAt,
  });
  database
    .prepare(
      `INSERT INTO cron_run_logs (store_key, job_id, seq, ts, status, error, delivery_status, run_at_ms, duration_ms,
         next_run_at_ms, entry_json, created_at)
       VALUES (:store, :job,
         (SELECT COALESCE(MAX(seq), 0) + 1 FROM cron_run_logs WHERE store_key = :store AND job_id = :job),
         :ended, 'error', :text, 'not-requested', :started, :duration, :next, :entry, :ended)`,
    )
    .run({
      store: storeKey,
      job: mark.jobId,
      ended: endedAt,
      text,
      started: mark.startedAt,
      duration,
      next: nextRunAt ?? null,
      entry,
    });
}
