import type { RunEntry } from "../../core/entry.ts";
import type { RunMark } from "../../core/job.ts";
import { instant } from "../../core/time.ts";
import type { Briefing } from "../briefing.ts";
import { writing } from "../database.ts";
import { HostError, type Receipt } from "../port.ts";
import { nextRunOf } from "../read-job.ts";
import { Refused } from "../refused.ts";
import { messageOf } from "../regular-file.ts";
import { numberIn, property } from "../shape.ts";
import { isReplaced, type Scheduler } from "./gateway.ts";
import { writeHistory } from "./history.ts";
import { knownResult, markOnDisk } from "./rows.ts";
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
  const decide = (job: unknown): void => {
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
      const result = knownResult(database, of.storeKey, mark);
      if (result === undefined && of.entry !== undefined) {
        writeHistory(database, of.storeKey, of.entry, nextRunOf(property(job, "state")));
      }
      released = { kind: "released", entry: entryOf(result, of.entry) };
    });
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

function entryOf(result: ReturnType<typeof knownResult>, entry: RunEntry | undefined): Released["entry"] {
  if (result === "task ledger") return "left out: the run has succeeded";
  return result === undefined && entry !== undefined ? "written" : "already there";
}

/** Before 2026.7 there is no precondition: the scheduler reads `patch.state` while it holds its store's lock. */
async function updateFenced(scheduler: Scheduler, { jobId }: RunMark, decide: (job: unknown) => void): Promise<void> {
  const cleared = { runningAtMs: undefined };
  if (scheduler.updateWithPrecondition !== undefined) {
    await scheduler.updateWithPrecondition(jobId, { state: cleared }, async (job) => decide(job));
    return;
  }
  let decided = false;
  await scheduler.update(jobId, {
    get state() {
      if (!decided) decide(scheduler.getJob(jobId));
      decided = true;
      return cleared;
    },
  });
}
