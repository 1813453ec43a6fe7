import { lstatSync, readdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { unread } from "../../core/observed.ts";
import { type Answer, absent, live } from "../../core/testimony.ts";
import { seesEveryProcess } from "../pid-namespace.ts";
import { parseStat } from "../process-identity.ts";
import { codeOf } from "../regular-file.ts";
import { numberIn } from "../shape.ts";
import { parsed } from "./rows.ts";

/**
 * Gateways without a lease in the store (2026.8) hold a lock file in the state folder for as long as they live, one for each
 * user. That there is no other gateway is proven if the kernel says that this process holds ours, and nobody alive is named
 * in another user's. The lock file is never opened: closing it would drop the lock.
 */
export function askStateLock(stateDir: string): Answer {
  const folder = join(stateDir, "tmp");
  const own = ownFolder();
  try {
    if (!isHeldHere(realpathSync(join(folder, own, "gateway.state.lock.sqlite")))) {
      return unread("the kernel does not name this process as the holder of the gateway's state lock");
    }
    for (const name of readdirSync(folder)) {
      if (name === own || !/^openclaw(-\d+)?$/.test(name)) continue;
      const other = holderOf(join(folder, name, "gateway.state.lock"));
      if (other.kind !== "absent") return other;
    }
    return absent;
  } catch (error) {
    return unread(`the gateway's state lock cannot be examined: ${codeOf(error) ?? String(error)}`);
  }
}

const ownFolder = (): string => (process.getuid === undefined ? "openclaw" : `openclaw-${process.getuid()}`);

/** Whether an open file of this process is that file, with a write lock of ours on it. */
function isHeldHere(path: string): boolean {
  return readdirSync("/proc/self/fd").some((fd) => {
    if (linkOf(`/proc/self/fd/${fd}`) !== path) return false;
    const locks = readFileSync(`/proc/self/fdinfo/${fd}`, "utf8").matchAll(/^lock:.* WRITE (\d+) /gm);
    return [...locks].some(([, pid]) => Number(pid) === process.pid);
  });
}

/** The list of open files is older than the question: some are closed by now. */
function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** Whether the process that another user's lock names may still be a gateway on this folder. */
function holderOf(path: string): Answer {
  const text = textOf(path);
  if (text === undefined) return absent;
  const owner = parsed(text);
  const pid = numberIn(owner, "pid");
  if (pid === undefined) return unread(`${path} names no pid`);
  const stat = textOf(`/proc/${pid}/stat`);
  if (stat === undefined) return seesEveryProcess() ? absent : unread(`pid ${pid} of ${path} cannot be seen`);
  const { dead, startTicks } = parseStat(stat);
  const named = numberIn(owner, "startTime");
  if (dead || (named !== undefined && startTicks !== named)) return absent;
  if (named === undefined) return unread(`${path} names pid ${pid} without its start`);
  return live(`pid ${pid} holds the state lock of another user`);
}

function textOf(path: string): string | undefined {
  try {
    if (!lstatSync(path).isFile()) throw new Error(`${path} is not a regular file`);
    return readFileSync(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ESRCH") return undefined;
    throw error;
  }
}
