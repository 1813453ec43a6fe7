import type { DatabaseSync } from "node:sqlite";
import { isOurs } from "../../core/entry.ts";
import type { RunMark } from "../../core/job.ts";
import { type Instant, instant } from "../../core/time.ts";
import { numberIn, property } from "../shape.ts";
import { isRestored } from "./history.ts";
import { number, text } from "./rows.ts";

/** How a run ended, as the gateway itself has written it down. */
export interface KnownResult {
  readonly from: "history" | "task ledger";
  /** Undefined if it is only known that the run is over. */
  readonly status: string | undefined;
  readonly startedAt: Instant;
  readonly endedAt: Instant;
  /** The error of a run that failed, the summary of one that did not. */
  readonly text: string | undefined;
  readonly nextRunAt: Instant | undefined;
}

/** A batch is marked before its members begin: the run's own start may lie as much later as it had to wait. */
const EARLIER = 250;

/**
 * The last result that may be this run's: of a run that began at the mark or after it. No other run of the job can begin
 * while the mark stands, and where an old mark was written back, the last run is what the job's state should tell.
 */
export function knownResult(
  database: DatabaseSync,
  storeKey: string,
  mark: RunMark,
  job?: unknown,
): KnownResult | undefined {
  // A row from the future was written before the clock was put right: it tells of another run.
  const now = Date.now();
  const since = mark.startedAt - EARLIER;
  const told = inHistory(database, storeKey, mark, since, now);
  // The ledger has a row too for each time that a trigger was asked and did not fire.
  return told ?? (property(job, "trigger") === undefined ? inLedger(database, mark, since, now) : undefined);
}

function inHistory(
  database: DatabaseSync,
  storeKey: string,
  { jobId, startedAt }: RunMark,
  since: number,
  now: number,
): KnownResult | undefined {
  const row = database
    .prepare(
      `SELECT run_at_ms, duration_ms, ts, status, error, next_run_at_ms FROM cron_run_logs
       WHERE store_key = ? AND job_id = ? AND run_at_ms >= ? AND ts <= ? ORDER BY ts DESC, seq DESC LIMIT 1`,
    )
    .get(storeKey, jobId, since, now);
  if (row === undefined) return undefined;
  const began = instant(number(row.run_at_ms) ?? startedAt);
  const duration = number(row.duration_ms);
  const next = number(row.next_run_at_ms);
  return {
    from: "history",
    status: text(row.status) ?? "",
    startedAt: began,
    endedAt: instant(duration === undefined ? (number(row.ts) ?? began) : began + duration),
    text: text(row.error),
    nextRunAt: next === undefined ? undefined : instant(next),
  };
}

/**
 * What the ledger calls lost is a guess, not a result. What it calls succeeded may have been skipped: only with an answer
 * was it a run that did well.
 */
function inLedger(database: DatabaseSync, { jobId }: RunMark, since: number, now: number): KnownResult | undefined {
  const row = database
    .prepare(
      `SELECT status, started_at, ended_at, error, terminal_summary FROM task_runs
       WHERE runtime = 'cron' AND source_id = ? AND status IN ('succeeded', 'failed', 'timed_out', 'cancelled')
         AND started_at >= ? AND ended_at >= started_at AND ended_at <= ? ORDER BY started_at DESC LIMIT 1`,
    )
    .get(jobId, since, now);
  if (row === undefined) return undefined;
  const succeeded = row.status === "succeeded";
  const answered = text(row.terminal_summary) !== undefined;
  return {
    from: "task ledger",
    status: succeeded ? (answered ? "ok" : undefined) : "error",
    startedAt: instant(Number(row.started_at)),
    endedAt: instant(Number(row.ended_at)),
    text: text(succeeded ? row.terminal_summary : row.error),
    nextRunAt: undefined,
  };
}

/**
 * What the job's state would tell of this result, had the gateway's last write not failed. The slot that the run has served
 * is not run once more: without a next one that the gateway had computed already, it computes it now. Counters are its own.
 */
export function stateAfter(result: KnownResult, state: unknown): Readonly<Record<string, unknown>> {
  if (isOurs(result.text) && !isRestored(result.text)) return {};
  const known = numberIn(state, "lastRunAtMs");
  if (known !== undefined && known >= result.startedAt - EARLIER) return {};
  const pending = numberIn(state, "nextRunAtMs");
  const served = {
    lastRunAtMs: result.startedAt,
    ...(pending !== undefined && pending <= result.startedAt ? { nextRunAtMs: result.nextRunAt } : {}),
  };
  if (result.status === undefined) return served;
  return {
    ...served,
    lastRunStatus: result.status,
    lastStatus: result.status,
    lastDurationMs: Math.max(0, result.endedAt - result.startedAt),
    lastError: result.status === "error" ? result.text : undefined,
  };
}
