import { randomUUID } from "node:crypto";
import type { Home } from "../harness/home.ts";
import { plantMark, plantReceipt } from "../harness/store.ts";

export interface PlantedRun {
  readonly startedAt: number;
  readonly queued?: boolean;
  /** Without one, no receipt is planted. */
  readonly owner?: { readonly pid: number; readonly startTime: number | null };
}

/** The store's claim on a run as a gateway would have left it, mark and receipt together. */
export function plantRun(home: Home, job: string, { startedAt, queued = false, owner }: PlantedRun): void {
  const runningReceiptId = owner === undefined ? undefined : randomUUID();
  if (owner !== undefined && runningReceiptId !== undefined) {
    plantReceipt(home, job, { ...owner, receiptId: runningReceiptId, startedAtMs: startedAt });
  }
  plantMark(home, job, queued ? { queuedAtMs: startedAt } : { runningAtMs: startedAt, runningReceiptId });
}
