import { readdir, readFile, realpath } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Observed, read, unread } from "../core/observed.ts";
import { type Answer, absent, live } from "../core/testimony.ts";
import { ownerLives } from "./process-identity.ts";
import { codeOf, readRegularFile } from "./regular-file.ts";
import { numberIn, textIn } from "./shape.ts";

/**
 * Is another gateway at work on the same state folder? Up to 7.1 the gateway's lock is keyed by its config file, so a
 * second gateway with another config is let in, and everything in this process says "absent" about its runs.
 */
export async function askOtherGateways(stateDir: string): Promise<Answer> {
  const ours = await realPathOf(stateDir);
  const locked = await lockedProcesses();
  if (locked.kind === "unread") return locked;
  const running = await gatewayProcesses();
  if (running?.has(process.pid) !== true && !locked.value.has(process.pid)) {
    return unread("our own lock is gone, and this system does not list its gateways");
  }
  const others = new Map([...(running ?? []), ...locked.value].filter(([pid]) => pid !== process.pid));
  for (const [pid, configPath] of others) {
    const folders = await foldersOf(pid, configPath, ours);
    if (folders.kind === "unread") return folders;
    if (folders.value.includes(ours)) return live(`gateway pid ${pid} has the same state folder`);
  }
  return absent;
}

type Processes = ReadonlyMap<number, string | undefined>;

/** The living processes named in the gateway's lock folder, with their config files. */
async function lockedProcesses(): Promise<Observed<Processes>> {
  const folder = join(tmpdir(), `openclaw-${process.getuid?.() ?? 0}`);
  let names: readonly string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    return codeOf(error) === "ENOENT" ? read(new Map()) : unread(`${folder}: ${codeOf(error)}`);
  }
  const found = new Map<number, string | undefined>();
  for (const name of names.filter((each) => /^gateway\..+\.lock$/.test(each))) {
    const text = await readRegularFile(join(folder, name), 64 * 1024);
    if (text.kind === "unread") return text;
    const lock = parsed(text.value);
    const pid = numberIn(lock, "pid");
    if (pid === undefined) return unread(`${name} names no pid`);
    const lives = await ownerLives(pid, numberIn(lock, "startTime"));
    if (lives.kind === "unread" ? true : lives.value) found.set(pid, textIn(lock, "configPath"));
  }
  return read(found);
}

/** Every process that calls itself a gateway; undefined where processes are not listed. A gateway may run unlocked. */
async function gatewayProcesses(): Promise<Processes | undefined> {
  let names: readonly string[];
  try {
    names = await readdir("/proc");
  } catch {
    return undefined;
  }
  const pids = names.filter((name) => /^\d+$/.test(name)).map(Number);
  const titles = await Promise.all(pids.map(titleOf));
  return new Map(pids.flatMap((pid, index) => (isGateway(titles[index]) ? [[pid, undefined] as const] : [])));
}

const titleOf = async (pid: number): Promise<string> => {
  try {
    return await readFile(`/proc/${pid}/comm`, "utf8");
  } catch {
    return "";
  }
};

/** The kernel keeps the first 15 characters of "openclaw-gateway". */
const isGateway = (title: string | undefined): boolean => title?.startsWith("openclaw-gatewa") === true;

/** The state folders that a gateway process may have, as far as its environment and its config file tell. */
async function foldersOf(
  pid: number,
  configPath: string | undefined,
  ours: string,
): Promise<Observed<readonly string[]>> {
  let environment: string;
  try {
    environment = await readFile(`/proc/${pid}/environ`, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ESRCH") return read([]);
    return unread(`the environment of gateway pid ${pid} cannot be read: ${codeOf(error)}`);
  }
  const variables = new Map(
    environment.split("\0").map((each) => [each.slice(0, each.indexOf("=")), each.slice(each.indexOf("=") + 1)]),
  );
  const config = configPath ?? variables.get("OPENCLAW_CONFIG_PATH");
  const home = variables.get("OPENCLAW_HOME") ?? variables.get("HOME");
  const named = variables.get("OPENCLAW_STATE_DIR") ?? variables.get("CLAWDBOT_STATE_DIR");
  const usual = home === undefined ? undefined : join(home, ".openclaw");
  // `--profile x` leaves no trace in the environment: without a lock any folder beside the usual one may be its own.
  if (named === undefined && config === undefined && usual !== undefined && ours.startsWith(await realPathOf(usual))) {
    return unread(`gateway pid ${pid} may run any profile of ${home}`);
  }
  const candidates = [
    named,
    config === undefined ? undefined : dirname(config),
    named === undefined ? usual : undefined,
  ];
  const known = candidates.filter((candidate) => candidate !== undefined && candidate !== "") as string[];
  if (known.length === 0) return unread(`gateway pid ${pid} does not say which state folder it has`);
  return read(await Promise.all(known.map(realPathOf)));
}

async function realPathOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    return path;
  }
}

function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
