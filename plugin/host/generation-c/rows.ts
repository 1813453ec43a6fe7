import type { DatabaseSync } from "node:sqlite";
import { exactly } from "../../core/entry.ts";
import { readPast } from "../../core/history.ts";
import { type JobId, jobId, type RunMark } from "../../core/job.ts";
import type { Past } from "../../core/snapshot.ts";
import { type Instant, instant } from "../../core/time.ts";

type Row = Readonly<Record<string, unknown>>;

/** An enabled job with a mark, its definition put together as the gateway does it: from the columns. */
export interface MarkedJob {
  readonly id: JobId;
  /** Undefined if the mark is no moment in time, or lies in a state that is no JSON. */
  readonly startedAt: Instant | undefined;
  readonly definition: unknown;
}

const MARK =
  "COALESCE(running_at_ms, CASE WHEN json_valid(state_json) THEN json_extract(state_json, '$.runningAtMs') END)";

export function markedJobs(database: DatabaseSync, storeKey: string): readonly MarkedJob[] {
  return database
    .prepare(
      `SELECT job_id, name, agent_id, session_target, payload_kind, payload_timeout_seconds, schedule_kind, schedule_expr,
         schedule_tz, every_ms, ${MARK} AS mark
       FROM cron_jobs WHERE store_key = ? AND enabled <> 0 AND (mark IS NOT NULL OR NOT json_valid(state_json))
       ORDER BY job_id`,
    )
    .all(storeKey)
    .map((row) => {
      const mark = number(row.mark);
      const startedAt = mark === undefined ? undefined : instant(mark);
      return { id: jobId(String(row.job_id)), startedAt, definition: definitionIn(row) };
    });
}

/** The mark as it lies on disk; undefined without one. The column wins over the JSON, as in the gateway. */
export function markOnDisk(database: DatabaseSync, storeKey: string, id: JobId): Instant | undefined {
  const row = database
    .prepare(`SELECT ${MARK} AS mark FROM cron_jobs WHERE store_key = ? AND job_id = ?`)
    .get(storeKey, id);
  const mark = number(row?.mark);
  return mark === undefined ? undefined : instant(mark);
}

/** What the history says of one run, newest first and no further than needed. */
export function pastOf(database: DatabaseSync, storeKey: string, mark: RunMark, since: Instant): Past {
  const reader = readPast(exactly(mark.startedAt), since);
  const rows = database
    .prepare(
      `SELECT run_at_ms, ts, status, error, duration_ms FROM cron_run_logs WHERE store_key = ? AND job_id = ?
       ORDER BY ts DESC, seq DESC`,
    )
    .iterate(storeKey, mark.jobId);
  for (const row of rows) {
    const record = {
      runAt: number(row.run_at_ms),
      endedAt: number(row.ts) ?? 0,
      status: text(row.status) ?? "",
      text: text(row.error),
      duration: number(row.duration_ms),
    };
    reader.take(record);
    if (reader.enough(record)) break;
  }
  return reader.past();
}

function definitionIn(row: Row): unknown {
  const timeoutSeconds = number(row.payload_timeout_seconds);
  return {
    id: row.job_id,
    name: row.name,
    agentId: row.agent_id ?? undefined,
    sessionTarget: row.session_target,
    payload: { kind: row.payload_kind, ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }) },
    schedule: {
      kind: row.schedule_kind,
      expr: row.schedule_expr ?? undefined,
      tz: row.schedule_tz ?? undefined,
      everyMs: row.every_ms ?? undefined,
    },
  };
}

export const number = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isFinite(value) ? value : undefined;

export const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
