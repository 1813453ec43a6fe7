import type { DatabaseSync } from "node:sqlite";
import { unread } from "../../core/observed.ts";
import { type Answer, absent, live } from "../../core/testimony.ts";
import { ofGateway } from "../process-wide.ts";
import { numberIn, property } from "../shape.ts";
import { parsed } from "./rows.ts";
import { askStateLock } from "./state-lock.ts";

/**
 * This generation lets one gateway at a time have a state folder. That there is no other is proven if this process holds
 * that lock. From 2026.9 the lease in the store names us, and the gateway's own lock table says that it is held here; on
 * 2026.8 the store holds no lease and the table is out of sight: there the kernel is asked. The lock file itself is never
 * opened: closing it would drop the lock.
 */
export function askLifecycleLock(database: DatabaseSync, stateDir: string, ourStartTicks: number | undefined): Answer {
  if (ofGateway("stateDatabaseCoordinator") === undefined) return askStateLock(stateDir);
  if (!heldHere()) return unread("the gateway's lifecycle lock is not seen to be held by this process");
  const row = database
    .prepare("SELECT payload_json FROM state_leases WHERE scope = 'gateway-owner' AND lease_key = 'global'")
    .get();
  const owner = property(parsed(row?.payload_json), "owner");
  const pid = numberIn(owner, "pid");
  if (pid === undefined) return unread("the store names no owner of the gateway's lifecycle");
  if (pid !== process.pid) return live(`the store names pid ${pid} as the gateway of this state folder`);
  const startTicks = numberIn(owner, "startedAt");
  if (startTicks !== undefined && ourStartTicks !== undefined && startTicks !== ourStartTicks) {
    return unread("the store names an earlier process with our pid as the gateway");
  }
  return absent;
}

function heldHere(): boolean {
  const held = property(ofGateway("stateDatabaseCoordinator"), "heldCoordinators");
  if (!(held instanceof Map)) return false;
  return [...held.values()].some(
    (lock) => (numberIn(lock, "gatewayOwners") ?? 0) > 0 && property(property(lock, "coordinator"), "closed") === false,
  );
}
