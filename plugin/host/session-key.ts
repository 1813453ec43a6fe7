import type { JobId } from "../core/job.ts";

/**
 * Whether a session key is that of an isolated run of the job: `agent:<agent>:cron:<job>`, on later gateways with
 * `:run:<session>` behind it. Keys are lower-cased by the gateway.
 */
export function isKeyOf(id: JobId, key: string): boolean {
  const wanted = `:cron:${id.toLowerCase()}`;
  const lower = key.toLowerCase();
  return lower.endsWith(wanted) || lower.includes(`${wanted}:run:`);
}
