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
  const stat = await statOf(pid);
  return read(stat?.dead === true ? { kind: "gone" } : { kind: "alive", startTicks: stat?.startTicks });
}

/** What /proc/<pid>/stat tells of a process. */
export interface ProcessStat {
  readonly title: string;
  /** It has ended and only waits for its parent to notice. */
  readonly dead: boolean;
  readonly startTicks: number | undefined;
}

export function parseStat(text: string): ProcessStat {
  const end = text.lastIndexOf(")");
  const fields = text.slice(end + 2).split(" ");
  const ticks = Number(fields[19]);
  return {
    title: text.slice(text.indexOf("(") + 1, end),
    dead: fields[0] === "Z" || fields[0] === "X",
    startTicks: fields[19] !== undefined && Number.isFinite(ticks) ? ticks : undefined,
  };
}

async function statOf(pid: number | "self"): Promise<ProcessStat | undefined> {
  try {
    return parseStat(await readFile(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return undefined;
  }
}

/** Since when a process lives, in clock ticks; undefined where there is no /proc. */
export const startTicksOf = async (pid: number | "self"): Promise<number | undefined> =>
  (await statOf(pid))?.startTicks;

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
