import type { DatabaseSync } from "node:sqlite";
import type { RunMark } from "../../core/job.ts";
import { type Instant, instant } from "../../core/time.ts";
import { isAmongActiveJobs } from "../active-jobs.ts";
import { reading, writing } from "../database.ts";
import { askSessions } from "../embedded-runs.ts";
import { HostError, type Receipt } from "../port.ts";
import { type Refusal, Refused } from "../refused.ts";
import { renew, type SessionRows } from "../session-rows.ts";
import { askLifecycleLock } from "./lifecycle-lock.ts";
import { runningReceipts } from "./rows.ts";
import { notUnderstood } from "./schema.ts";

/** What the store says of a receipt that we have ended. */
const FREED = "[freed by openclaw-cron-healer] the run had ended, and never settled";

export interface FreeOf {
  readonly stateDir: string;
  readonly storeKey: string;
  readonly ourStartTicks: number | undefined;
  readonly sessions: SessionRows | undefined;
  /** No longer, once nobody waits for the deed. */
  isWanted(): boolean;
}

/**
 * Frees a job from a run that has ended and whose promise never came back. Two fences hold the job: the session's life,
 * under which the lost promise was admitted, and the receipt. The session goes first: while the receipt stands, no new
 * run can begin under the old life.
 */
export async function freeWedge(mark: RunMark, of: FreeOf): Promise<Receipt> {
  if (of.sessions === undefined) {
    return withheld("this gateway shows no session store to plugins; only a new gateway process frees the job");
  }
  const held = await reading(of.stateDir, (database) => wedgeIn(database, mark, of));
  if (typeof held !== "string") return held;
  const sessionKey = `agent:${held}:cron:${mark.jobId}`;
  const life = await renew(
    of.sessions,
    { sessionKey, agentId: held },
    () => of.isWanted() && aliveHere(mark) === undefined,
  );
  if (life.kind === "unread") return withheld(`${life.because}; only a new gateway process frees the job`);
  try {
    writing(of.stateDir, (database) => {
      const now = wedgeIn(database, mark, of);
      if (typeof now !== "string") throw new Refused(now);
      if (!of.isWanted()) throw new Refused(withheld("it took too long"));
      endReceipt(database, mark, of, instant(Date.now()));
    });
  } catch (error) {
    if (error instanceof Refused) return error.receipt;
    throw error;
  }
  return { kind: "released", entry: "already there" };
}

/** How often since then, and since its last good run, this job was freed already, and when first. */
export function freedSince(
  database: DatabaseSync,
  storeKey: string,
  jobId: string,
  since: Instant,
): { readonly releases: number; readonly releasedSince: Instant | undefined } {
  const row = database
    .prepare(
      `SELECT count(*) AS times, min(finished_at_ms) AS first FROM cron_run_receipts
       WHERE store_key = ? AND job_id = ? AND finished_at_ms >= ? AND error_text = ?
         AND finished_at_ms > (
           SELECT coalesce(max(finished_at_ms), 0) FROM cron_run_receipts
           WHERE store_key = ? AND job_id = ? AND status = 'ok')`,
    )
    .get(storeKey, jobId, since, FREED, storeKey, jobId);
  const releasedSince = row?.first == null ? undefined : instant(Number(row.first));
  return { releases: Number(row?.times ?? 0), releasedSince };
}

/** The agent whose run it was, if the store still shows the very wedge that was judged; else why not. */
function wedgeIn(database: DatabaseSync, mark: RunMark, of: FreeOf): string | Refusal {
  const odd = notUnderstood(database);
  if (odd !== undefined) throw new HostError("not-understood", odd);
  const lock = askLifecycleLock(database, of.stateDir, of.ourStartTicks);
  if (lock.kind !== "absent") return withheld(`other-gateway is ${lock.kind}`);
  const alive = aliveHere(mark);
  if (alive !== undefined) return withheld(alive);
  const receipt = runningReceipts(database, of.storeKey).find(({ jobId }) => jobId === mark.jobId);
  if (receipt === undefined || receipt.startedAt !== mark.startedAt || receipt.ownerPid !== process.pid) {
    return { kind: "moved-on", now: receipt === undefined ? undefined : instant(receipt.startedAt) };
  }
  const row = database.prepare("SELECT agent_id FROM cron_run_receipts WHERE receipt_id = ?").get(receipt.id);
  return typeof row?.agent_id === "string" ? row.agent_id : withheld("its receipt names no agent");
}

function aliveHere({ jobId }: RunMark): string | undefined {
  const active = isAmongActiveJobs(jobId);
  if (active !== false) return active ? "it is among the active jobs" : "the set of active jobs has an unknown shape";
  const session = askSessions(jobId);
  return session.kind === "absent" ? undefined : `session is ${session.kind}`;
}

/** Only while the job has no mark: a run that is alive, or that the gateway can still recover, always has one. */
function endReceipt(database: DatabaseSync, { jobId, startedAt }: RunMark, of: FreeOf, now: Instant): void {
  const { changes } = database
    .prepare(
      `UPDATE cron_run_receipts SET status = 'interrupted', finished_at_ms = ?, error_text = ?
       WHERE store_key = ? AND job_id = ? AND status = 'running' AND owner_pid = ? AND owner_start_time IS ?
         AND started_at_ms = ?
         AND NOT EXISTS (
           SELECT 1 FROM cron_jobs j
           WHERE j.store_key = cron_run_receipts.store_key AND j.job_id = cron_run_receipts.job_id
             AND (json_extract(j.state_json, '$.runningAtMs') IS NOT NULL
               OR json_extract(j.state_json, '$.queuedAtMs') IS NOT NULL))`,
    )
    .run(now, FREED, of.storeKey, jobId, process.pid, of.ourStartTicks ?? null, startedAt);
  if (Number(changes) !== 1) throw new Refused({ kind: "moved-on", now: undefined });
}

const withheld = (because: string): Refusal => ({ kind: "withheld", because });
