import { lstat } from "node:fs/promises";
import type { Access } from "./access.ts";
import { databasePath, reading } from "./database.ts";
import { InlineJsonGateway } from "./generation-a/adapter.ts";
import { currentScheduler } from "./generation-a/gateway.ts";
import { SplitJsonGateway } from "./generation-b/adapter.ts";
import { currentScheduler as schedulerOfFiles } from "./generation-b/gateway.ts";
import { RunLogGateway } from "./generation-c/adapter.ts";
import { hasRunLogs } from "./generation-c/schema.ts";
import { ReceiptGateway } from "./generation-d/adapter.ts";
import { hasReceipts } from "./generation-d/schema.ts";
import type { Host } from "./port.ts";
import { codeOf, messageOf } from "./regular-file.ts";
import { unknownHost } from "./unknown.ts";

/** Finds the adapter by what the gateway offers and keeps, never by its version. */
export async function chooseHost(access: Access, splitsItsStore: boolean): Promise<Host> {
  const unknown = (because: string) => unknownHost(access.clock, because);
  const path = databasePath(access.stateDir);
  try {
    await lstat(path);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") return unknown(`${path}: ${messageOf(error)}`);
    if (!splitsItsStore && currentScheduler() !== undefined) return new InlineJsonGateway(access);
    if (splitsItsStore && schedulerOfFiles(access.briefing) !== undefined) return new SplitJsonGateway(access);
    return unknown("this gateway's cron store is of no shape that the plugin knows");
  }
  try {
    if (await reading(access.stateDir, hasReceipts)) return new ReceiptGateway(access);
    if (await reading(access.stateDir, hasRunLogs)) return new RunLogGateway(access);
  } catch (error) {
    return unknown(messageOf(error));
  }
  return unknown(`${path} holds neither run receipts nor run logs: a store that the plugin does not know yet`);
}
