import type { GatewayVersion } from "../gateway/harness/generation.ts";
import { aloneOf, type Fate } from "./fate.ts";
import type { Required } from "./required.ts";
import type { RowName } from "./rows.ts";

/** What was seen of one run in one gateway. */
export type Seen =
  | { readonly kind: "seen"; readonly fate: Fate; readonly seconds: number | undefined; readonly proof: string }
  | { readonly kind: "failed"; readonly because: string };

export interface Cell {
  readonly row: RowName;
  readonly version: GatewayVersion;
  readonly required: Required;
  /** In a gateway without the plugin, and in one with it; both are missing where the state does not exist. */
  readonly alone: Seen | undefined;
  readonly helped: Seen | undefined;
  readonly outcome: "passed" | "failed" | "n.a.";
  /** Why it failed. */
  readonly because?: string;
}

export function judged(
  row: RowName,
  version: GatewayVersion,
  required: Required,
  alone: Seen | undefined,
  helped: Seen | undefined,
): Cell {
  const cell = { row, version, required, alone, helped };
  if (required.kind === "n.a.") return { ...cell, outcome: "n.a." };
  const because = whyFailed(required.fate, alone, helped);
  return because === undefined ? { ...cell, outcome: "passed" } : { ...cell, outcome: "failed", because };
}

function whyFailed(fate: Parameters<typeof aloneOf>[0], alone?: Seen, helped?: Seen): string | undefined {
  if (alone === undefined || helped === undefined) return "it was not looked at";
  if (alone.kind === "failed") return `without the plugin: ${alone.because}`;
  const expected = aloneOf(fate);
  if (alone.fate !== expected) {
    return `the fault is not there without the plugin: ${alone.fate} (${alone.proof}), not ${expected}`;
  }
  if (helped.kind === "failed") return `with the plugin: ${helped.because}`;
  return helped.fate === fate ? undefined : `${helped.fate} (${helped.proof}), required is ${fate}`;
}
