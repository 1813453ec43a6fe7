import type { JobId } from "../core/job.ts";
import { unread } from "../core/observed.ts";
import { type Answer, absent, live, waiting } from "../core/testimony.ts";
import { ofGateway } from "./process-wide.ts";
import { isKeyOf } from "./session-key.ts";
import { numberIn, property } from "./shape.ts";

interface Load {
  readonly active: number;
  readonly queued: number;
}

/** Asks the lanes that carry this job's session whether something runs or waits in them. */
export function askSessionLane(id: JobId): Answer {
  const lanes = allLanes();
  if (lanes === undefined) return unread("the command lanes are not where they were");
  for (const [name, lane] of lanes) {
    if (!name.startsWith("session:") || !isKeyOf(id, name)) continue;
    const load = loadOf(lane);
    if (load === undefined) return unread(`lane ${name} has an unknown shape`);
    if (load.active > 0) return live(`${load.active} active in its session lane`);
    if (load.queued > 0) return waiting(`${load.queued} queued in its session lane`);
  }
  return absent;
}

/** Asks a lane that jobs share: whatever is in it may be the run in question. */
export function askSharedLane(name: string): Answer {
  const lanes = allLanes();
  if (lanes === undefined) return unread("the command lanes are not where they were");
  const lane = lanes.get(name);
  if (lane === undefined) return absent;
  const load = loadOf(lane);
  if (load === undefined) return unread(`lane ${name} has an unknown shape`);
  if (load.active + load.queued === 0) return absent;
  return waiting(`lane ${name} has ${load.active} active and ${load.queued} queued`);
}

/** True while the gateway lets its lanes run empty for a restart. */
export const isDraining = (): boolean => property(ofGateway("commandQueueState"), "gatewayDraining") === true;

/** How often this process has restarted its gateway in place, as far as its lanes tell. */
export function inPlaceRestarts(): number | undefined {
  const lanes = allLanes();
  return lanes === undefined
    ? undefined
    : Math.max(0, ...[...lanes.values()].map((lane) => numberIn(lane, "generation") ?? 0));
}

function allLanes(): ReadonlyMap<string, unknown> | undefined {
  const lanes = property(ofGateway("commandQueueState"), "lanes");
  return lanes instanceof Map ? (lanes as ReadonlyMap<string, unknown>) : undefined;
}

function loadOf(lane: unknown): Load | undefined {
  // An array up to 7.1, an object with a length since.
  const queued = numberIn(property(lane, "queue"), "length");
  const active = property(lane, "activeTaskIds");
  if (queued === undefined || !(active instanceof Set)) return undefined;
  return { active: active.size, queued };
}
