import { readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Observed, read, unread } from "../core/observed.ts";
import { ownerLives, parseStat } from "./process-identity.ts";
import { codeOf, messageOf, readRegularFile } from "./regular-file.ts";
import { numberIn, textIn } from "./shape.ts";

/** Living gateways by pid, with the config file that their lock names, if they hold one. */
export type Processes = ReadonlyMap<number, string | undefined>;

/** The living processes named in the gateways' lock folder. */
export async function lockedGateways(): Promise<Observed<Processes>> {
  const folder = join(tmpdir(), `openclaw-${process.getuid?.() ?? 0}`);
  let names: readonly string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    return codeOf(error) === "ENOENT" ? read(new Map()) : unread(`${folder}: ${codeOf(error) ?? messageOf(error)}`);
  }
  const found = new Map<number, string | undefined>();
  for (const name of names.filter((each) => /^gateway\..+\.lock$/.test(each))) {
    const text = await readRegularFile(join(folder, name), 64 * 1024);
    if (text.kind === "unread") return text;
    if (text.value === undefined) continue;
    const lock = parsed(text.value);
    const pid = numberIn(lock, "pid");
    if (pid === undefined) return unread(`${name} names no pid`);
    const lives = await ownerLives(pid, numberIn(lock, "startTime"));
    if (lives.kind === "unread" || lives.value) found.set(pid, textIn(lock, "configPath"));
  }
  return read(found);
}

/** So many are read at once: a burst of open files would starve the gateway itself. */
const AT_ONCE = 16;

/** Every process that calls itself a gateway; undefined where processes are not listed. A gateway may run unlocked. */
export async function titledGateways(): Promise<Observed<Processes> | undefined> {
  let pids: readonly number[];
  try {
    pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  } catch (error) {
    return codeOf(error) === "ENOENT" ? undefined : unread(`/proc: ${codeOf(error) ?? messageOf(error)}`);
  }
  const found = new Map<number, undefined>();
  for (let at = 0; at < pids.length; at += AT_ONCE) {
    const slice = pids.slice(at, at + AT_ONCE);
    const titles = await Promise.all(slice.map(titleOf));
    for (const [index, title] of titles.entries()) {
      if (title.kind === "unread") return title;
      const pid = slice[index];
      if (pid !== undefined && isGateway(title.value)) found.set(pid, undefined);
    }
  }
  return read(found);
}

/** The name of a process; empty if it has ended. Any other failure is a doubt about all of them. */
async function titleOf(pid: number): Promise<Observed<string>> {
  try {
    const { dead, title } = parseStat(await readFile(`/proc/${pid}/stat`, "utf8"));
    return read(dead ? "" : title);
  } catch (error) {
    const code = codeOf(error);
    return code === "ENOENT" || code === "ESRCH" ? read("") : unread(`/proc/${pid}/stat: ${code ?? messageOf(error)}`);
  }
}

/** The kernel keeps the first 15 characters of "openclaw-gateway". */
const isGateway = (title: string): boolean => title.startsWith("openclaw-gatewa");

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
