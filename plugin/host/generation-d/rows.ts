import type { DatabaseSync } from "node:sqlite";
import { exactly } from "../../core/entry.ts";
import { type HistoryRecord, readPast } from "../../core/history.ts";
import type { RunMark } from "../../core/job.ts";
import type { Past } from "../../core/snapshot.ts";
import type { Instant } from "../../core/time.ts";
import { numberIn, property, shaped, textIn } from "../shape.ts";

/** A claim of a process on a run, as the store keeps it. */
export interface RunReceipt {
  readonly id: string;
  readonly jobId: string;
  readonly ownerPid: number;
  readonly ownerStartTicks: number | undefined;
  readonly startedAt: number;
}

/** One job row: its state, and its definition as text until somebody needs it. */
export interface JobRow {
  readonly id: string;
  readonly state: unknown;
}

const SLICE = 500;

/** The states of all jobs, in slices between which the event loop may turn. A row that is no JSON has no state. */
export async function* jobRows(database: DatabaseSync, storeKey: string): AsyncGenerator<readonly JobRow[]> {
  const select = database.prepare(
    "SELECT job_id, state_json FROM cron_jobs WHERE store_key = ? AND job_id > ? ORDER BY job_id LIMIT ?",
  );
  let last = "";
  for (;;) {
    const rows = select.all(storeKey, last, SLICE);
    yield rows.map((row) => ({ id: String(row.job_id), state: parsed(row.state_json) }));
    if (rows.length < SLICE) return;
    last = String(rows.at(-1)?.job_id);
    await new Promise(setImmediate);
  }
}

export const definitionOf = (database: DatabaseSync, storeKey: string, id: string): unknown =>
  parsed(
    database.prepare("SELECT job_json FROM cron_jobs WHERE store_key = ? AND job_id = ?").get(storeKey, id)?.job_json,
  );

export const stateOf = (database: DatabaseSync, storeKey: string, id: string): unknown =>
  parsed(
    database.prepare("SELECT state_json FROM cron_jobs WHERE store_key = ? AND job_id = ?").get(storeKey, id)
      ?.state_json,
  );

/** The receipts that hold a job now; the store allows one for each. */
export function runningReceipts(database: DatabaseSync, storeKey: string): readonly RunReceipt[] {
  return database
    .prepare(
      `SELECT receipt_id, job_id, owner_pid, owner_start_time, started_at_ms FROM cron_run_receipts
       WHERE store_key = ? AND status = 'running'`,
    )
    .all(storeKey)
    .map((row) => ({
      id: String(row.receipt_id),
      jobId: String(row.job_id),
      ownerPid: Number(row.owner_pid),
      ownerStartTicks: row.owner_start_time === null ? undefined : Number(row.owner_start_time),
      startedAt: Number(row.started_at_ms),
    }));
}

/** What the history says of one run, newest first and no further than needed. */
export function pastOf(database: DatabaseSync, storeKey: string, mark: RunMark, since: Instant): Past {
  const reader = readPast(exactly(mark.startedAt), since);
  const names = publicNamesOf(database, mark);
  const rows = database
    .prepare(
      `SELECT started_at, ended_at, error, detail_json FROM task_runs
       WHERE runtime = 'cron' AND source_id = ? AND ended_at IS NOT NULL ORDER BY ended_at DESC`,
    )
    .iterate(mark.jobId);
  for (const row of rows) {
    const record = recordIn(row, storeKey, (name) => (names.has(name) ? mark.startedAt : undefined));
    if (record === undefined) continue;
    reader.take(record);
    if (reader.enough(record)) break;
  }
  return reader.past();
}

/**
 * What a run that was begun by hand is called outside. If its last write fails, 2026.8 tells of it under that name, with the
 * moment of the failure for its start.
 */
function publicNamesOf(database: DatabaseSync, { jobId, startedAt }: RunMark): ReadonlySet<string> {
  const prefix = `cron:${jobId}:${startedAt}:`;
  const rows = database
    .prepare(
      `SELECT run_id FROM task_runs
       WHERE run_id >= ? AND run_id < ? AND +runtime = 'cron' AND +source_id = ? AND +started_at = ?`,
    )
    // The semicolon follows the colon.
    .all(prefix, `cron:${jobId}:${startedAt};`, jobId, startedAt);
  const ids = rows.map((row) => String(row.run_id));
  // The receipt's id comes first, and has no colon in it.
  return new Set(ids.flatMap((id) => /:(.+)/.exec(id.slice(prefix.length))?.[1] ?? []));
}

function recordIn(
  row: unknown,
  storeKey: string,
  startOf: (publicName: string) => Instant | undefined,
): HistoryRecord | undefined {
  const detail = parsed(property(row, "detail_json"));
  if (textIn(detail, "kind") !== "cron-run") return undefined;
  if ((textIn(detail, "storeKey") ?? storeKey) !== storeKey) return undefined;
  return {
    runAt: startOf(textIn(detail, "runId") ?? "") ?? numberIn(detail, "runAtMs") ?? numberIn(row, "started_at"),
    endedAt: numberIn(row, "ended_at") ?? 0,
    status: textIn(detail, "status") ?? "",
    text: textIn(detail, "error") ?? textIn(row, "error"),
    duration: numberIn(detail, "durationMs"),
  };
}

export function parsed(text: unknown): unknown {
  if (typeof text !== "string") return undefined;
  try {
    return shaped(JSON.parse(text));
  } catch {
    return undefined;
  }
}
