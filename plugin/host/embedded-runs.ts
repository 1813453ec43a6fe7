import type { JobId } from "../core/job.ts";
import { unread } from "../core/observed.ts";
import { type Answer, absent, live } from "../core/testimony.ts";
import { ofGateway } from "./process-wide.ts";
import { isKeyOf } from "./session-key.ts";
import { property } from "./shape.ts";

/** Asks the gateway's session manager: does an embedded run of this job's session live in this process? */
export function askSessions(id: JobId): Answer {
  const registry = ofGateway("embeddedRunState");
  const byKey = property(registry, "sessionIdsByKey");
  if (!(byKey instanceof Map)) return unread("the registry of embedded runs is not where it was");
  const sessions = [...byKey.keys()].filter((key) => typeof key === "string" && isKeyOf(id, key));
  return sessions.length === 0 ? absent : live(`${sessions.length} embedded run`);
}
