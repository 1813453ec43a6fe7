import { randomUUID } from "node:crypto";
import { type Observed, unread } from "../core/observed.ts";
import { isMethod, property, textIn } from "./shape.ts";

export interface SessionOf {
  readonly sessionKey: string;
  readonly agentId: string;
}

/** The gateway's session store as its plugin API shows it. */
export interface SessionRows {
  getSessionEntry(of: SessionOf): unknown;
  patchSessionEntry(of: SessionOf & { update(entry: unknown): object | null }): unknown;
}

export function sessionRowsIn(runtime: unknown): SessionRows | undefined {
  const session = property(property(runtime, "agent"), "session");
  const whole = isMethod(session, "getSessionEntry") && isMethod(session, "patchSessionEntry");
  return whole ? (session as SessionRows) : undefined;
}

/**
 * Gives the session a new life: work that was admitted under the old one no longer keeps new work out. Only if the life
 * is still the one that was seen, and the last question says so.
 */
export async function renew(rows: SessionRows, of: SessionOf, stillWanted: () => boolean): Promise<Observed<string>> {
  const seen = textIn(await rows.getSessionEntry(of), "lifecycleRevision");
  if (seen === undefined) return unread(`session ${of.sessionKey} has no life to renew`);
  const next = randomUUID();
  const update = (entry: unknown) =>
    textIn(entry, "lifecycleRevision") === seen && stillWanted() ? { lifecycleRevision: next } : null;
  const now = textIn(await rows.patchSessionEntry({ ...of, update }), "lifecycleRevision");
  return now === next ? { kind: "read", value: next } : unread(`session ${of.sessionKey} has begun another life`);
}
