import type { RunEntry } from "../../core/entry.ts";
import type { RunMark } from "../../core/job.ts";
import { millis } from "../../core/time.ts";
import { writing } from "../database.ts";
import { HostError, type Receipt } from "../port.ts";
import { nextRunOf } from "../read-job.ts";
import { numberIn } from "../shape.ts";
import { writeHistory } from "./history.ts";
import { askLifecycleLock } from "./lifecycle-lock.ts";
import { stateOf } from "./rows.ts";
import { notUnderstood } from "./schema.ts";
import { stillUntold } from "./untold.ts";

export interface TellOf {
  readonly stateDir: string;
  readonly storeKey: string;
  readonly ourStartTicks: number | undefined;
  readonly name: string;
  readonly agentId: string;
}

/** Writes the entry that the gateway left out when it gave the run up, unless it has written it since. */
export function tell(mark: RunMark, entry: RunEntry, of: TellOf): Receipt {
  let receipt: Receipt = { kind: "released", entry: "already there" };
  writing(of.stateDir, (database) => {
    const odd = notUnderstood(database);
    if (odd !== undefined) throw new HostError("not-understood", odd);
    const lock = askLifecycleLock(database, of.stateDir, of.ourStartTicks);
    if (lock.kind !== "absent") {
      receipt = { kind: "withheld", because: `other-gateway is ${lock.kind}` };
      return;
    }
    const state = stateOf(database, of.storeKey, mark.jobId);
    const run = stillUntold(database, of.storeKey, mark);
    if (run === undefined || numberIn(state, "runningAtMs") === mark.startedAt) return;
    // It ended when the gateway gave it up, not when we found out.
    const duration = millis(Math.max(0, run.endedAt - mark.startedAt));
    const ended = { ...entry, endedAt: run.endedAt, duration };
    writeHistory(database, { ...of, entry: ended, receiptId: run.receiptId, nextRunAt: nextRunOf(state) });
    receipt = { kind: "released", entry: "written" };
  });
  return receipt;
}
