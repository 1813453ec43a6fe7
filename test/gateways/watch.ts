import { setTimeout as sleep } from "node:timers/promises";
import { type Fate, fateOf, isHealed } from "./fate.ts";
import type { Fault } from "./fault.ts";
import type { Lab } from "./lab.ts";
import { type FullLook, look, lookedFor } from "./look.ts";
import type { Seen } from "./verdict.ts";

/** Milliseconds after which a lost run that nobody has healed counts as left. */
const DEADLINE = 360_000;
/** Milliseconds in which a cleared mark still may get its entry. */
const TELLING = 120_000;
const BETWEEN_LOOKS = 500;

/** Both windows and three looks, in seconds; with run receipts the scheduler goes first for two of its ticks. */
const beyondBothWindows = ({ version }: Lab, { schedulerOff = false }: Fault): number =>
  version > "2026.8" && !schedulerOff ? 165 : 55;

/** Watches what becomes of a run, until it is healed, or named and left for longer than both windows. */
export async function watch(lab: Lab, fault: Fault): Promise<Seen> {
  const patient = fault.is === "dead" ? DEADLINE : DEADLINE + beyondBothWindows(lab, fault) * 1000;
  let clearedAt: number | undefined;
  for (;;) {
    const seen = await tryToLook(lab, fault);
    const now = Date.now();
    if (typeof seen === "object") {
      const fate = fateAt(seen);
      clearedAt = seen.marked ? undefined : (clearedAt ?? now);
      const over = fault.is === "dead" ? isHealed(fate) : leftLongEnough(lab, fault, fate) || !seen.marked;
      const given = clearedAt !== undefined && now - clearedAt > TELLING;
      if (over || given || now - fault.bornAt > patient) return sighting(fault, fate, seen, now);
    } else if (now - fault.bornAt > patient) {
      return { kind: "failed", because: `could not be looked at: ${seen}` };
    }
    await sleep(BETWEEN_LOOKS);
  }
}

const fateAt = ({ named, released, ...look }: FullLook): Fate =>
  fateOf({ ...look, named: named !== undefined, released: released !== undefined });

/** One look, after everything else has happened. */
export async function finalLook(lab: Lab, fault: Fault): Promise<Fate> {
  return fateAt(await look(lab, fault));
}

const leftLongEnough = (lab: Lab, fault: Fault, fate: Fate): boolean =>
  fate === "named, left alone" && lookedFor(lab, fault) >= beyondBothWindows(lab, fault);

function sighting(fault: Fault, fate: Fate, { released, named, entries }: FullLook, now: number): Seen {
  const line = fate.startsWith("by us") ? released : fate === "named, left alone" ? named : undefined;
  const seconds = fate === "stuck" ? undefined : Math.max(0, ((line?.at ?? now) - fault.bornAt) / 1000);
  const counted = `${entries.others} entries of the gateway, ${entries.ours + entries.restored} of ours`;
  return { kind: "seen", fate, seconds, proof: line?.text ?? counted };
}

/** A gateway that is busy, or a store that is locked, cannot be looked at for a while. */
async function tryToLook(lab: Lab, fault: Fault): Promise<FullLook | string> {
  try {
    return await look(lab, fault);
  } catch (error) {
    return (error as Error).message;
  }
}
