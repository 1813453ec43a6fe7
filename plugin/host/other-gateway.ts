import { dirname, join } from "node:path";
import type { RunMark } from "../core/job.ts";
import { unread } from "../core/observed.ts";
import { type Answer, absent, live, type Testimony } from "../core/testimony.ts";
import { lockedGateways, titledGateways } from "./gateway-processes.ts";
import { BEHIND_A_WALL, seesEveryProcess } from "./pid-namespace.ts";
import { beganHere } from "./scheduler-watch.ts";
import { folderIdentity, liesWithin, stateFoldersOf } from "./state-folders.ts";

/**
 * What the answer means for one run: where not every process can be seen, absence is a doubt about each run that did not
 * begin under our own eyes.
 */
export const otherGatewayOf = (answer: Answer, mark: RunMark, seesAll = seesEveryProcess()): Testimony => ({
  witness: "other-gateway",
  role: "required",
  answer: answer.kind === "absent" && !seesAll && !beganHere(mark) ? unread(BEHIND_A_WALL) : answer,
});

/**
 * Is another gateway at work on the same state folder? Up to 7.1 the gateway's lock is keyed by its config file, so a
 * second gateway with another config is let in, and everything in this process says "absent" about its runs.
 */
export async function askOtherGateways(
  stateDir: string,
  storePath = join(stateDir, "cron", "jobs.json"),
): Promise<Answer> {
  const ours = await folderIdentity(stateDir);
  if (ours.kind === "unread") return ours;
  if (ours.value === undefined) return unread(`${stateDir} is not there`);
  const locked = await lockedGateways();
  if (locked.kind === "unread") return locked;
  const titled = await titledGateways();
  if (titled?.kind === "unread") return titled;
  if (titled?.value.has(process.pid) !== true && !locked.value.has(process.pid)) {
    return unread("our own lock is gone, and this system does not list its gateways");
  }
  const others = [...(titled?.value ?? []), ...locked.value].filter(([pid]) => pid !== process.pid);
  for (const [pid, configPath] of new Map(others)) {
    const folders = await stateFoldersOf(pid, configPath);
    if (folders.kind === "unread") return folders;
    if (folders.value === undefined) continue;
    if (folders.value.has(ours.value)) return live(`gateway pid ${pid} has the same state folder`);
    // A store in a place of its own may be shared by gateways with different state folders.
    if (!(await liesWithin(stateDir, dirname(storePath)))) {
      return unread(`gateway pid ${pid} may have the same store, which is not in the state folder`);
    }
  }
  return absent;
}
