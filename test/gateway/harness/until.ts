import { setTimeout as sleep } from "node:timers/promises";
import { inspect } from "node:util";
import { GatewayExited } from "./gateway-exited.ts";

export interface Patience {
  /** Milliseconds. */
  readonly timeout?: number;
  /** Milliseconds. */
  readonly interval?: number;
}

type Falsy = undefined | null | false | "" | 0;

/** Waits until the condition gives something truthy and returns that; otherwise says what was last seen. */
export async function until<T>(
  what: string,
  condition: () => T | Promise<T>,
  { timeout = 60_000, interval = 50 }: Patience = {},
): Promise<Exclude<T, Falsy>> {
  const deadline = performance.now() + timeout;
  let last: { readonly kind: "saw"; readonly value: T } | { readonly kind: "threw"; readonly error: unknown };
  do {
    try {
      const value = await condition();
      if (value) return value as Exclude<T, Falsy>;
      last = { kind: "saw", value };
    } catch (error) {
      // It does not come back by itself.
      if (error instanceof GatewayExited) throw error;
      last = { kind: "threw", error };
    }
    await sleep(interval);
  } while (performance.now() < deadline);
  const seen = last.kind === "saw" ? `last saw ${inspect(last.value, { depth: 4 })}` : `last threw ${last.error}`;
  throw new Error(`waited ${timeout} ms until ${what}; ${seen}`, last.kind === "threw" ? { cause: last.error } : {});
}
