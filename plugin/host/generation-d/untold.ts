import type { DatabaseSync } from "node:sqlite";
import { markKey, type RunMark } from "../../core/job.ts";
import { type Instant, instant } from "../../core/time.ts";
import { processWide } from "../process-wide.ts";
import { numberIn, textIn } from "../shape.ts";
import { pastOf, stateOf } from "./rows.ts";

/** A run that the gateway has given up, by its own record, and that no history tells of. */
export interface UntoldRun extends RunMark {
  /** When the gateway gave it up. */
  readonly endedAt: Instant;
  readonly receiptId: string | undefined;
}

/** So long the gateway keeps the task row of a lost run. */
const A_DAY = 24 * 3_600_000;
/** What the job's state says of a run that the gateway has given up. */
const GIVEN_UP = "cron: job interrupted by gateway restart";

/** So many candidates are looked up in the history at one look: each may cost a day of a job's rows. */
const LOOK_UPS = 4;

/** Marks that some instance of the plugin has seen in this process: whoever had a mark had begun. */
const sighted = (): Map<string, RunMark> => processWide("sighted-marks", () => new Map<string, RunMark>());

export function sight(marks: readonly RunMark[]): void {
  for (const mark of marks) sighted().set(markKey(mark), mark);
}

/**
 * 2026.8 recovers at its ticks without an entry and without an event. What it leaves is the receipt that it has ended as
 * interrupted, or, of a mark without a receipt, the job's state. That the run had begun is told by its task row, or by us,
 * who have seen the mark.
 */
export function untoldRuns(database: DatabaseSync, storeKey: string, held: readonly RunMark[]): Untold {
  const heldKeys = new Set(held.map(markKey));
  const since = Date.now() - A_DAY;
  const givenUp = [...byReceipt(database, storeKey, since), ...byState(database, storeKey, since)];
  const keys = new Set(givenUp.map(markKey));
  for (const key of told()) if (!keys.has(key)) told().delete(key);
  const open = givenUp.filter((run) => !heldKeys.has(markKey(run)) && !told().has(markKey(run)));
  const untold = open.slice(0, LOOK_UPS).filter((run) => {
    const known = isTold(database, storeKey, run);
    if (known) told().add(markKey(run));
    return !known;
  });
  return { untold, open };
}

export interface Untold {
  readonly untold: readonly UntoldRun[];
  /** Those too that were not looked up yet. */
  readonly open: readonly UntoldRun[];
}

/** Runs that were given up and that the history tells of: what is told stays told. */
const told = (): Set<string> => processWide("told-runs", () => new Set<string>());

/** Of each job the oldest: the others wait for it. */
export function oldestOfEach(runs: readonly UntoldRun[]): readonly UntoldRun[] {
  const oldest = new Map<string, UntoldRun>();
  for (const run of runs.toSorted((one, other) => other.startedAt - one.startedAt)) oldest.set(run.jobId, run);
  return [...oldest.values()];
}

/** A mark that is gone and was not given up has ended as runs do: it need not be remembered. */
export function forgetEnded(held: readonly RunMark[], open: readonly RunMark[]): void {
  const known = new Set([...held, ...open].map(markKey));
  for (const key of sighted().keys()) if (!known.has(key)) sighted().delete(key);
}

/** The same run, if it is still untold in this very moment. */
export function stillUntold(database: DatabaseSync, storeKey: string, mark: RunMark): UntoldRun | undefined {
  const since = Date.now() - A_DAY;
  const givenUp = [...byReceipt(database, storeKey, since, mark), ...byState(database, storeKey, since)];
  const run = givenUp.find((each) => markKey(each) === markKey(mark));
  return run === undefined || isTold(database, storeKey, run) ? undefined : run;
}

const isTold = (database: DatabaseSync, storeKey: string, run: RunMark): boolean =>
  pastOf(database, storeKey, run, instant(Date.now())).entry !== "none";

/**
 * The newest first. A task row is found by the beginning of its run id, which the store keeps in order: a job's rows are
 * many, and the plus signs keep the store from walking through them. The semicolon follows the colon.
 */
function byReceipt(database: DatabaseSync, storeKey: string, since: number, only?: RunMark): readonly UntoldRun[] {
  return database
    .prepare(
      `SELECT r.receipt_id, r.job_id, r.started_at_ms, r.finished_at_ms,
         EXISTS (SELECT 1 FROM task_runs t
           WHERE t.run_id >= 'cron:' || r.job_id || ':' || r.started_at_ms || ':' || r.receipt_id
             AND t.run_id < 'cron:' || r.job_id || ':' || r.started_at_ms || ':' || r.receipt_id || ';'
             AND +t.runtime = 'cron' AND +t.source_id = r.job_id AND +t.started_at = r.started_at_ms
             AND +t.status IN ('running', 'queued', 'lost')) AS began
       FROM cron_run_receipts r
       WHERE r.store_key = ? AND r.status = 'interrupted' AND r.finished_at_ms > ?
         AND (? IS NULL OR (r.job_id = ? AND r.started_at_ms = ?))
       ORDER BY r.finished_at_ms DESC`,
    )
    .all(storeKey, since, only?.jobId ?? null, only?.jobId ?? null, only?.startedAt ?? null)
    .flatMap((row) => {
      const mark = { jobId: String(row.job_id) as RunMark["jobId"], startedAt: instant(Number(row.started_at_ms)) };
      if (row.began !== 1 && !sighted().has(markKey(mark))) return [];
      return [{ ...mark, endedAt: instant(Number(row.finished_at_ms)), receiptId: String(row.receipt_id) }];
    });
}

/** Marks that we have seen and that no receipt explains. */
function byState(database: DatabaseSync, storeKey: string, since: number): readonly UntoldRun[] {
  return [...sighted().values()].flatMap((mark) => {
    const state = stateOf(database, storeKey, mark.jobId);
    if (numberIn(state, "lastRunAtMs") !== mark.startedAt || textIn(state, "lastError") !== GIVEN_UP) return [];
    const endedAt = instant(mark.startedAt + (numberIn(state, "lastDurationMs") ?? 0));
    return endedAt <= since || hasReceipt(database, storeKey, mark) ? [] : [{ ...mark, endedAt, receiptId: undefined }];
  });
}

const hasReceipt = (database: DatabaseSync, storeKey: string, { jobId, startedAt }: RunMark): boolean =>
  database
    .prepare("SELECT 1 FROM cron_run_receipts WHERE store_key = ? AND job_id = ? AND started_at_ms = ?")
    .get(storeKey, jobId, startedAt) !== undefined;
