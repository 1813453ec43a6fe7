import type { Unread } from "./observed.ts";

/**
 * One independent source that can say whether a run is alive. `session` is the gateway's embedded-run registry: its
 * session manager.
 */
export type WitnessName =
  | "session"
  | "lane"
  | "cron-lane"
  | "active"
  | "tick"
  | "catch-up"
  | "ledger"
  | "receipt"
  | "other-gateway";

export type Answer =
  | { readonly kind: "live"; readonly because: string }
  | { readonly kind: "waiting"; readonly because: string }
  | { readonly kind: "absent" }
  | Unread;

/**
 * A required witness must say `absent` before a run can be called dead. A veto can only hold a release: its `live` and
 * `waiting` count, its silence does not.
 */
export type Role = "required" | "veto";

export interface Testimony {
  readonly witness: WitnessName;
  readonly role: Role;
  readonly answer: Answer;
}

export const absent: Answer = { kind: "absent" };
export const live = (because: string): Answer => ({ kind: "live", because });
export const waiting = (because: string): Answer => ({ kind: "waiting", because });

/** "session=absent lane=live(2 active)": every witness's answer, for a log line. */
export function spokenTestimony(testimony: readonly Testimony[]): string {
  return testimony.map(({ witness, answer }) => `${witness}=${spokenAnswer(answer)}`).join(" ");
}

function spokenAnswer(answer: Answer): string {
  switch (answer.kind) {
    case "absent":
      return "absent";
    case "live":
    case "waiting":
    case "unread":
      return `${answer.kind}(${answer.because})`;
  }
}
