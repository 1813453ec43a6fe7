import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { dirname, isAbsolute, join, relative } from "node:path";
import { type Observed, read, unread } from "../core/observed.ts";
import { lifeOf } from "./process-identity.ts";
import { codeOf, messageOf } from "./regular-file.ts";

/** A folder as the kernel knows it: links, bind mounts and other names make no difference. */
export async function folderIdentity(path: string): Promise<Observed<string | undefined>> {
  try {
    const { dev, ino } = await stat(path, { bigint: true });
    return read(`${dev}:${ino}`);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return read(undefined);
    return unread(`${path}: ${codeOf(error) ?? messageOf(error)}`);
  }
}

/** Whether the inner folder is truly in the outer one: not by a link, and not on another device that is mounted there. */
export async function liesWithin(outer: string, inner: string): Promise<boolean> {
  try {
    const [outside, inside] = await Promise.all([realpath(outer), realpath(await existing(inner))]);
    const [there, here] = await Promise.all([stat(outside), stat(inside)]);
    return there.dev === here.dev && !relative(outside, inside).startsWith("..");
  } catch {
    return false;
  }
}

/** The folder itself, or the nearest above it that is there. */
async function existing(folder: string): Promise<string> {
  const there = await folderIdentity(folder);
  if (there.kind === "unread") throw new Error(there.because);
  return there.value === undefined && dirname(folder) !== folder ? existing(dirname(folder)) : folder;
}

/**
 * The state folders that a gateway process may have, as far as its environment and its config file tell, each looked at
 * through that process's own root and working folder. Undefined if the process has gone.
 */
export async function stateFoldersOf(
  pid: number,
  configPath: string | undefined,
): Promise<Observed<ReadonlySet<string> | undefined>> {
  const environment = await environmentOf(pid);
  if (environment.kind === "unread" || environment.value === undefined) return environment as Observed<undefined>;
  const variables = environment.value;
  const candidates = await candidatesOf(pid, variables, configPath);
  if (candidates.kind === "unread") return candidates;
  const home = homeIn(variables);
  const found = new Set<string>();
  for (const candidate of candidates.value) {
    const identity = await folderIdentity(seenBy(pid, candidate, home));
    if (identity.kind === "unread") return identity;
    if (identity.value !== undefined) found.add(identity.value);
  }
  return found.size > 0 ? read(found) : unread(`no folder of gateway pid ${pid} can be found`);
}

/**
 * A folder that is named is the one. Otherwise it is one of the home's: `--profile x` leaves no trace in the environment, and
 * where the config file lies says nothing of it on some generations, all on others.
 */
async function candidatesOf(
  pid: number,
  variables: ReadonlyMap<string, string>,
  configPath: string | undefined,
): Promise<Observed<readonly string[]>> {
  const named = variables.get("OPENCLAW_STATE_DIR")?.trim();
  if (named) return read([named]);
  const home = homeIn(variables);
  if (home === undefined) return unread(`gateway pid ${pid} does not say which state folder it has`);
  const config = configPath ?? variables.get("OPENCLAW_CONFIG_PATH")?.trim();
  const others = [config && dirname(config), variables.get("CLAWDBOT_STATE_DIR")?.trim()];
  try {
    const names = (await readdir(seenBy(pid, home, undefined))).filter((name) => /^\.(openclaw|clawdbot)/.test(name));
    return read([
      ...names.map((name) => join(home, name)),
      ...others.filter((each) => each !== undefined && each !== ""),
    ] as string[]);
  } catch (error) {
    return unread(`the home of gateway pid ${pid} cannot be read: ${codeOf(error) ?? messageOf(error)}`);
  }
}

const homeIn = (variables: ReadonlyMap<string, string>): string | undefined =>
  variables.get("OPENCLAW_HOME")?.trim() || variables.get("HOME")?.trim() || undefined;

function seenBy(pid: number, path: string, home: string | undefined): string {
  const expanded = path.startsWith("~") && home !== undefined ? join(home, path.slice(1)) : path;
  return isAbsolute(expanded) ? join(`/proc/${pid}/root`, expanded) : join(`/proc/${pid}/cwd`, expanded);
}

/** The environment of a process; undefined only if it is proven that the process has gone. */
async function environmentOf(pid: number): Promise<Observed<ReadonlyMap<string, string> | undefined>> {
  try {
    const text = await readFile(`/proc/${pid}/environ`, "utf8");
    // A process that ends meanwhile has no environment any more.
    const life = text === "" ? await lifeOf(pid) : undefined;
    if (life?.kind === "read" && life.value.kind === "gone") return read(undefined);
    const pairs = text
      .split("\0")
      .map((each) => [each.slice(0, each.indexOf("=")), each.slice(each.indexOf("=") + 1)] as const);
    return read(new Map(pairs));
  } catch (error) {
    const life = await lifeOf(pid);
    if (life.kind === "read" && life.value.kind === "gone") return read(undefined);
    return unread(`the environment of gateway pid ${pid} cannot be read: ${codeOf(error) ?? messageOf(error)}`);
  }
}
