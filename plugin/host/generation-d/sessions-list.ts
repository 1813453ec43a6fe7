import type { Job } from "../../core/job.ts";
import { type Observed, read, unread } from "../../core/observed.ts";
import type { Claim } from "../../core/snapshot.ts";
import { type Answer, absent, live } from "../../core/testimony.ts";
import { seconds } from "../../core/time.ts";
import { withDeadline } from "../deadline.ts";
import { importFromHost } from "../host-module.ts";
import { messageOf } from "../regular-file.ts";
import { property, textIn } from "../shape.ts";

const DEADLINE = seconds(3);
const ROWS = 500;

type Active = Observed<ReadonlySet<string>>;

/**
 * The gateway's own list of sessions, over its RPC, as one more veto. It is asked once a look, and only if there are runs
 * of which every other witness says absent.
 */
export async function hearSessionsList(claims: readonly Claim[]): Promise<readonly Claim[]> {
  const silent = new Set(claims.filter(isSilent));
  if (silent.size === 0) return claims;
  const active = await activeSessions();
  return claims.map((claim) =>
    silent.has(claim) ? { ...claim, testimony: [...claim.testimony, says(claim)] } : claim,
  );

  function says({ job }: Claim) {
    return { witness: "sessions-list", role: "veto", answer: answerFor(job, active) } as const;
  }
}

const isSilent = ({ standing, testimony }: Claim): boolean =>
  standing === "held" && testimony.every(({ answer }) => answer.kind === "absent");

function answerFor({ agentId, id }: Job, active: Active): Answer {
  if (active.kind === "unread") return active;
  const key = `agent:${agentId}:cron:${id}`.toLowerCase();
  return active.value.has(key) ? live("the gateway lists an active run of its session") : absent;
}

async function activeSessions(): Promise<Active> {
  try {
    const rows = await withDeadline(listed(), DEADLINE, "sessions.list");
    if (rows.length >= ROWS) return unread(`more than ${ROWS} sessions are active`);
    const active = rows.filter((row) => property(row, "hasActiveRun") === true);
    return read(new Set(active.map((row) => (textIn(row, "key") ?? "").toLowerCase())));
  } catch (error) {
    return unread(messageOf(error));
  }
}

async function listed(): Promise<readonly unknown[]> {
  const runtime = await importFromHost("openclaw/plugin-sdk/gateway-runtime");
  const call = property(runtime, "callGatewayFromCli");
  if (typeof call !== "function") throw new Error("the gateway offers no call to itself");
  const options = { timeout: String(DEADLINE), json: true };
  const how = { progress: false, sharedStateMode: "read-only", signal: AbortSignal.timeout(DEADLINE) };
  const answer: unknown = await call("sessions.list", options, { activeOnly: true, limit: ROWS }, how);
  const rows = property(answer, "sessions");
  if (!Array.isArray(rows)) throw new Error("the list of sessions has an unknown shape");
  return rows;
}
