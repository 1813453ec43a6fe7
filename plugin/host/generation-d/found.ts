import type { DatabaseSync } from "node:sqlite";
import { type JobId, jobId } from "../../core/job.ts";
import type { Standing } from "../../core/snapshot.ts";
import { isOdd, rawJob } from "../read-job.ts";
import { numberIn, property } from "../shape.ts";
import { definitionOf, jobRows, type RunReceipt, runningReceipts } from "./rows.ts";

/** One run that the store claims, found by its mark or, without a mark, by its receipt. */
export interface Found {
  readonly id: JobId;
  readonly startedAt: number;
  readonly standing: Standing;
  readonly receipt: RunReceipt | undefined;
}

/** What the store claims; `odd` gets the jobs of whose state it cannot be told whether they are marked. */
export async function foundIn(database: DatabaseSync, storeKey: string, odd: string[]): Promise<readonly Found[]> {
  const receipts = new Map(runningReceipts(database, storeKey).map((receipt) => [receipt.jobId, receipt]));
  const found: Found[] = [];
  for await (const rows of jobRows(database, storeKey)) {
    for (const { id, state } of rows) {
      if (state === undefined || isOdd(state)) {
        if (rawJob({ ...(definitionOf(database, storeKey, id) as object), id }) !== undefined) odd.push(id);
        continue;
      }
      const receipt = receipts.get(id);
      const startedAt = numberIn(state, "runningAtMs");
      if (startedAt !== undefined) found.push({ id: jobId(id), startedAt, standing: "held", receipt });
      else if (receipt !== undefined && (property(state, "queuedAtMs") ?? undefined) === undefined) {
        found.push({ id: jobId(id), startedAt: receipt.startedAt, standing: "receipt-only", receipt });
      }
    }
  }
  return found;
}
