import type { RunMark } from "../core/job.ts";
import type { Testimony } from "../core/testimony.ts";
import type { Instant } from "../core/time.ts";
import { markInMemory, nextRunInMemory, type Scheduler } from "./json-scheduler.ts";
import { HostError } from "./port.ts";
import { type Refusal, Refused } from "./refused.ts";
import { messageOf } from "./regular-file.ts";

/**
 * A compare-and-set where the host offers none: the scheduler reads `patch.state` while it holds its store's lock, so
 * the check, the last question to the witnesses, the history and the cleared mark are one synchronous turn.
 */
export async function releaseUnderLock(
  scheduler: Scheduler,
  mark: RunMark,
  writeHistory: (nextRunAt: Instant | undefined) => void,
  ask: () => readonly Testimony[],
): Promise<{ readonly kind: "released" } | Refusal> {
  let cleared: { readonly runningAtMs: undefined } | undefined;
  const patch = {
    get state() {
      cleared ??= decide();
      return cleared;
    },
  };
  const decide = () => {
    const now = markInMemory(scheduler, mark.jobId);
    if (now !== mark.startedAt) throw new Refused({ kind: "moved-on", now });
    const held = ask().find(({ answer }) => answer.kind !== "absent");
    if (held !== undefined) throw new Refused({ kind: "withheld", because: `${held.witness} is ${held.answer.kind}` });
    writeHistory(nextRunInMemory(scheduler, mark.jobId));
    return { runningAtMs: undefined };
  };
  try {
    await scheduler.update(mark.jobId, patch);
  } catch (error) {
    if (error instanceof Refused) return error.receipt;
    const now = markInMemory(scheduler, mark.jobId);
    if (cleared === undefined && now !== mark.startedAt) return { kind: "moved-on", now };
    throw new HostError("refused", `the scheduler's update failed: ${messageOf(error)}`, { cause: error });
  }
  if (cleared === undefined) throw new HostError("not-understood", "the scheduler's update did not read the patch");
  return { kind: "released" };
}
