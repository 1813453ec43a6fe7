import type { SchedulerCondition } from "../../core/snapshot.ts";
import { later, type ProcessTime, seconds } from "../../core/time.ts";
import type { Access } from "../access.ts";
import { hasMethods } from "../briefing.ts";
import { ofGateway } from "../process-wide.ts";
import { property } from "../shape.ts";

/** The scheduler with the one verb that this generation offers for a fenced change. */
export interface Scheduler {
  updateWithPrecondition(
    id: string,
    patch: unknown,
    precondition: (job: unknown, now: number) => Promise<void>,
  ): Promise<unknown>;
}

export function currentScheduler({ briefing }: Access): Scheduler | undefined {
  const scheduler = briefing.scheduler();
  return hasMethods(scheduler, ["updateWithPrecondition"]) ? (scheduler as Scheduler) : undefined;
}

/** After its reconciliation the gateway still finishes what it found; then it is our turn to look. */
const SETTLING = seconds(2);
/** The gateway heals at each tick, at most a minute apart: two ticks are its own. */
const TWO_TICKS = seconds(130);

export function schedulerCondition(access: Access): SchedulerCondition {
  const { briefing, clock } = access;
  const soon = later(clock.now, SETTLING);
  if (briefing.isDraining() || isDraining()) return busy("is draining for a stop or a restart");
  const scheduler = currentScheduler(access);
  if (scheduler === undefined) return busy("has not been handed to the plugin yet", soon);
  if (property(property(scheduler, "state"), "stopped") === true) return busy("was replaced");
  if (property(property(scheduler, "state"), "schedulingPaused") === true) return busy("is paused");
  const reconciled = briefing.reconciled();
  // A plugin that was loaded into a running gateway never hears of its reconciliation; two ticks stand for it.
  if (reconciled === undefined && clock.now < TWO_TICKS)
    return busy("has not said yet that it reconciled its store", soon);
  if (reconciled !== undefined && reconciled.ago < SETTLING) return busy("is reconciling its store", soon);
  return { kind: "settled", healsItself: reconciled?.enabled === false ? undefined : TWO_TICKS };
}

/** The gateway's own admission of work: anything but open means that it is on its way down, or suspended. */
function isDraining(): boolean {
  const admission = ofGateway("gatewayWorkAdmissionState");
  const phase = property(admission, "suspendPhase");
  return (
    property(admission, "restartDraining") === true ||
    property(admission, "restartSignalPending") === true ||
    (typeof phase === "string" && phase !== "accepting")
  );
}

const busy = (because: string, lookAgain?: ProcessTime): SchedulerCondition => ({ kind: "busy", because, lookAgain });
