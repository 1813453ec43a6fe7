import type { RunEntry } from "../../core/entry.ts";
import type { RunMark } from "../../core/job.ts";
import { instant } from "../../core/time.ts";
import type { Briefing } from "../briefing.ts";
import { writing } from "../database.ts";
import { HostError } from "../port.ts";
import { nextRunOf } from "../read-job.ts";
import { type Refusal, Refused } from "../refused.ts";
import { messageOf } from "../regular-file.ts";
import { numberIn, property, textIn } from "../shape.ts";
import type { Scheduler } from "./gateway.ts";
import { endReceipt, writeHistory } from "./history.ts";
import { askLifecycleLock } from "./lifecycle-lock.ts";
import { type RunReceipt, runningReceipts } from "./rows.ts";
import { notUnderstood } from "./schema.ts";
import { askHere } from "./witnesses.ts";

export interface ReleaseOf {
  readonly stateDir: string;
  readonly briefing: Briefing;
  readonly storeKey: string;
  readonly receipt: RunReceipt | undefined;
  readonly ourStartTicks: number | undefined;
  readonly entry: RunEntry | undefined;
  readonly name: string;
  readonly agentId: string;
}

/**
 * The scheduler holds its store's lock while it asks for the precondition: no recovery of its own can come between our
 * history and its cleared mark. Check, last question, receipt and history are one synchronous turn.
 */
export async function releaseUnderLock(
  scheduler: Scheduler,
  mark: RunMark,
  of: ReleaseOf,
): Promise<{ readonly kind: "released" } | Refusal> {
  let asked = false;
  try {
    await scheduler.updateWithPrecondition(mark.jobId, { state: { runningAtMs: undefined } }, async (job) => {
      asked = true;
      check(job, mark, of);
      writing(of.stateDir, (database) => {
        const odd = notUnderstood(database);
        if (odd !== undefined) throw new HostError("not-understood", odd);
        const lock = askLifecycleLock(database, of.stateDir, of.ourStartTicks);
        if (lock.kind !== "absent") throw new Refused({ kind: "withheld", because: `other-gateway is ${lock.kind}` });
        const held = runningReceipts(database, of.storeKey).find((each) => each.jobId === mark.jobId);
        if (held?.id !== of.receipt?.id) throw new Refused({ kind: "moved-on", now: undefined });
        const endedAt = of.entry?.endedAt ?? instant(Date.now());
        const text = of.entry?.text ?? "openclaw-cron-healer: the run had ended already";
        if (held !== undefined) endReceipt(database, of.storeKey, held, endedAt, text);
        if (of.entry !== undefined) {
          const nextRunAt = nextRunOf(property(job, "state"));
          writeHistory(database, { ...of, entry: of.entry, receiptId: held?.id, nextRunAt });
        }
      });
    });
  } catch (error) {
    if (error instanceof Refused) return error.receipt;
    if (error instanceof HostError) throw error;
    throw new HostError("refused", `the scheduler's update failed: ${messageOf(error)}`, { cause: error });
  }
  if (!asked) throw new HostError("not-understood", "the scheduler did not ask for the precondition");
  return { kind: "released" };
}

function check(job: unknown, mark: RunMark, { receipt, briefing }: ReleaseOf): void {
  const state = property(job, "state");
  const now = numberIn(state, "runningAtMs");
  if (now !== mark.startedAt) {
    throw new Refused({ kind: "moved-on", now: now === undefined ? undefined : instant(now) });
  }
  // On 2026.8 the state does not name its receipt; there both carry the same start.
  const named = textIn(state, "runningReceiptId");
  const isOfMark = named === undefined ? receipt?.startedAt === mark.startedAt : named === receipt?.id;
  if (receipt !== undefined && !isOfMark) {
    throw new Refused({ kind: "withheld", because: "mark and receipt tell of two runs" });
  }
  const held = askHere(mark.jobId, briefing, receipt?.ownerPid === process.pid).find(({ role, answer }) =>
    role === "required" ? answer.kind !== "absent" : answer.kind === "live",
  );
  if (held !== undefined) throw new Refused({ kind: "withheld", because: `${held.witness} is ${held.answer.kind}` });
}
