import type { RunEntry } from "../../core/entry.ts";
import type { RunMark } from "../../core/job.ts";
import { type Instant, instant } from "../../core/time.ts";
import type { Briefing } from "../briefing.ts";
import { writing } from "../database.ts";
import { HostError, type Receipt } from "../port.ts";
import { nextRunOf } from "../read-job.ts";
import { Refused } from "../refused.ts";
import { messageOf } from "../regular-file.ts";
import { numberIn, property } from "../shape.ts";
import { isReplaced, type Scheduler } from "./gateway.ts";
import { type HistoryRow, lostRun, restoredRun, writeHistory } from "./history.ts";
import { type KnownResult, knownResult, stateAfter } from "./result.ts";
import { markOnDisk } from "./rows.ts";
import { notUnderstood } from "./schema.ts";
import { askHere } from "./witnesses.ts";

type Released = Extract<Receipt, { kind: "released" }>;

export interface ReleaseOf {
  readonly stateDir: string;
  readonly briefing: Briefing;
  readonly storeKey: string;
  readonly entry: RunEntry | undefined;
}

/**
 * Check, last question and history are one synchronous turn, and the scheduler holds its store's lock meanwhile. The
 * transaction is opened even if there is nothing to write: a store that somebody else has locked would stop the whole
 * gateway in the scheduler's own write that follows.
 */
export async function releaseUnderLock(scheduler: Scheduler, mark: RunMark, of: ReleaseOf): Promise<Receipt> {
  let released: Released | undefined;
  const decide = (job: unknown): object => {
    let restored: object = {};
    if (isReplaced(scheduler, mark.jobId))
      throw new Refused({ kind: "withheld", because: "the scheduler was replaced" });
    const inMemory = numberIn(property(job, "state"), "runningAtMs");
    if (inMemory !== undefined && inMemory !== mark.startedAt) {
      throw new Refused({ kind: "moved-on", now: instant(inMemory) });
    }
    const held = askHere(mark.jobId, of.briefing).find(({ answer }) => answer.kind !== "absent");
    if (held !== undefined) throw new Refused({ kind: "withheld", because: `${held.witness} is ${held.answer.kind}` });
    writing(of.stateDir, (database) => {
      const odd = notUnderstood(database);
      if (odd !== undefined) throw new HostError("not-understood", odd);
      const now = markOnDisk(database, of.storeKey, mark.jobId);
      if (now !== mark.startedAt) throw new Refused({ kind: "moved-on", now });
      const result = knownResult(database, of.storeKey, mark, job);
      const row = rowFor(mark, result, of.entry, nextRunOf(property(job, "state")));
      if (row !== undefined) writeHistory(database, of.storeKey, row);
      if (result !== undefined) restored = stateAfter(result, property(job, "state"));
      const putBack =
        Object.keys(restored).length > 0 ? { result: result?.status ?? "over, nothing more is known" } : {};
      released = { kind: "released", entry: entryOf(result, row), ...putBack };
    });
    return { ...restored, runningAtMs: undefined };
  };
  try {
    await updateFenced(scheduler, mark, decide);
  } catch (error) {
    if (error instanceof Refused) return error.receipt;
    if (error instanceof HostError) throw error;
    throw new HostError("refused", `the scheduler's update failed: ${messageOf(error)}`, { cause: error });
  }
  if (released === undefined) throw new HostError("not-understood", "the scheduler's update did not ask us");
  return released;
}

function rowFor(
  { jobId }: RunMark,
  result: KnownResult | undefined,
  entry: RunEntry | undefined,
  nextRunAt: Instant | undefined,
): HistoryRow | undefined {
  if (result?.from === "task ledger")
    return result.status === undefined ? undefined : restoredRun(jobId, result.status, result);
  return result === undefined && entry !== undefined ? lostRun(entry, nextRunAt) : undefined;
}

function entryOf(result: KnownResult | undefined, row: HistoryRow | undefined): Released["entry"] {
  if (row === undefined) return "already there";
  return result === undefined ? "written" : "restored from the task ledger";
}

/** The scheduler reads `patch.state` while it holds its store's lock; from 2026.7 on it asks for a precondition first. */
async function updateFenced(scheduler: Scheduler, { jobId }: RunMark, decide: (job: unknown) => object): Promise<void> {
  let decided: object | undefined;
  const patch = {
    get state() {
      decided ??= decide(scheduler.getJob(jobId));
      return decided;
    },
  };
  if (scheduler.updateWithPrecondition === undefined) await scheduler.update(jobId, patch);
  else {
    await scheduler.updateWithPrecondition(jobId, patch, async (job) => {
      decided ??= decide(job);
    });
  }
}
