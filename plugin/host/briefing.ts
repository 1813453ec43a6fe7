import type { JobId } from "../core/job.ts";
import { type Millis, millis } from "../core/time.ts";
import { processWide } from "./process-wide.ts";
import { isMethod, property } from "./shape.ts";

/** What the gateway told some instance of this plugin in this process; a later instance still needs it. */
interface Told {
  getCron: (() => unknown) | undefined;
  drain: AbortSignal | undefined;
  /** The last "the scheduler has reconciled" and what it said. */
  reconciled: { readonly enabled: boolean; readonly at: number } | undefined;
  /** Whether every reconciliation of this process found the scheduler off. */
  alwaysOff: boolean;
  readonly started: Set<string>;
}

const told = (): Told =>
  processWide("briefing", () => ({
    getCron: undefined,
    drain: undefined,
    reconciled: undefined,
    alwaysOff: true,
    started: new Set<string>(),
  }));

/** The getter is kept and asked at every pass, never the scheduler: a kept one writes its old store back. */
export function tellGatewayStarted(context: unknown): void {
  const getter = property(context, "getCron");
  if (typeof getter === "function") told().getCron = () => getter.call(context);
  const signal = property(context, "abortSignal");
  if (signal instanceof AbortSignal) told().drain = signal;
}

/** The scheduler that a hook's context leads to at this moment. */
export function schedulerIn(context: unknown): unknown {
  const getter = property(context, "getCron");
  try {
    return typeof getter === "function" ? getter.call(context) : undefined;
  } catch {
    return undefined;
  }
}

export function tellReconciled(event: unknown): void {
  const known = told();
  const enabled = property(event, "enabled") === true;
  known.reconciled = { enabled, at: performance.now() };
  known.alwaysOff &&= !enabled;
}

/** Notes a run's start and end. A start without an end can only hold a release; that there is none proves nothing. */
export function tellCronChanged(event: unknown): void {
  const id = property(event, "jobId");
  if (typeof id !== "string") return;
  const action = property(event, "action");
  if (action === "started") told().started.add(id);
  if (action === "finished" || action === "removed") told().started.delete(id);
}

/** Whatever happened while no instance listened was not heard. */
export const forgetStarts = (): void => told().started.clear();

/** What the hooks have told, for the adapters. */
export const briefing = {
  scheduler(): unknown {
    try {
      return told().getCron?.();
    } catch {
      return undefined;
    }
  },
  isDraining: (): boolean => told().drain?.aborted === true,
  hasUnfinishedRun: (id: JobId): boolean => told().started.has(id),
  /** The last reconciliation, and how long ago it was; undefined before the first. */
  reconciled(): { readonly enabled: boolean; readonly ago: Millis } | undefined {
    const { reconciled } = told();
    return reconciled && { enabled: reconciled.enabled, ago: millis(performance.now() - reconciled.at) };
  },
  /** No scheduler of this process has ever been on, so none can have set or cleared a mark by itself. */
  schedulerNeverOn: (): boolean => told().reconciled !== undefined && told().alwaysOff,
} as const;

export type Briefing = typeof briefing;

export const hasMethods = (value: unknown, names: readonly string[]): boolean =>
  names.every((name) => isMethod(value, name));
