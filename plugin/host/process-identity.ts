import { readFile } from "node:fs/promises";
import { type Observed, read, unread } from "../core/observed.ts";
import { codeOf, messageOf } from "./regular-file.ts";

/** Whether a process lives, and since when, in the clock ticks that the gateways write down beside a pid. */
export type Life = { readonly kind: "gone" } | { readonly kind: "alive"; readonly startTicks: number | undefined };

/** A pid alone proves nothing: it may have been given to another process. The start time tells them apart. */
export async function lifeOf(pid: number): Promise<Observed<Life>> {
  if (!Number.isSafeInteger(pid) || pid <= 0) return unread(`pid ${pid} is none`);
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (codeOf(error) === "ESRCH") return read({ kind: "gone" });
    if (codeOf(error) !== "EPERM") return unread(`pid ${pid}: ${messageOf(error)}`);
  }
  return read({ kind: "alive", startTicks: await startTicksOf(pid) });
}

/** Field 22 of /proc/<pid>/stat; undefined where there is no such file. */
export async function startTicksOf(pid: number | "self"): Promise<number | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    const ticks = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]);
    return Number.isFinite(ticks) ? ticks : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether the process that wrote down this pid and start time is still there. Two unknown start times are no match and
 * no difference: unread.
 */
export async function ownerLives(pid: number, startTicks: number | undefined): Promise<Observed<boolean>> {
  const life = await lifeOf(pid);
  if (life.kind === "unread") return life;
  if (life.value.kind === "gone") return read(false);
  if (startTicks === undefined || life.value.startTicks === undefined)
    return unread(`pid ${pid} lives, its start time is unknown`);
  return read(life.value.startTicks === startTicks);
}
