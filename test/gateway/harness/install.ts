import { spawn } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join, resolve, sep } from "node:path";
import type { GatewayVersion } from "./generation.ts";

/** A gateway on this machine, ready to be started. */
export interface GatewayInstall {
  readonly version: GatewayVersion;
  /** The folder of the `openclaw` package. */
  readonly folder: string;
  /** The script to run. */
  readonly entry: string;
}

const PROJECT = resolve(import.meta.dirname, "../../..");
const VERSIONS = resolve(import.meta.dirname, "../versions");
const COMPLETE = ".complete";

/** The newest gateway is a development dependency; any other is installed once a machine. */
export async function installed(version: GatewayVersion): Promise<GatewayInstall> {
  const root = version === "2026.9.6" ? PROJECT : await cached(version);
  const folder = join(root, "node_modules", "openclaw");
  const { version: found } = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as { version: string };
  if (found !== version) throw new Error(`${folder} is OpenClaw ${found}, not ${version}`);
  return { version, folder, entry: join(folder, "openclaw.mjs") };
}

async function cached(version: GatewayVersion): Promise<string> {
  const source = join(VERSIONS, version);
  const lock = await readFile(join(source, "package-lock.json"));
  const key = createHash("sha256").update(lock).digest("hex").slice(0, 16);
  const parent = join(cacheFolder(), version);
  const target = join(parent, key);
  if (existsSync(join(target, COMPLETE))) return target;

  const attempt = join(parent, `${key}.${randomUUID()}`);
  try {
    await mkdir(attempt, { recursive: true });
    for (const name of ["package.json", "package-lock.json"]) await cp(join(source, name), join(attempt, name));
    await npmCi(version, attempt);
    await writeFile(join(attempt, COMPLETE), `${new Date().toISOString()}\n`);
    await rename(attempt, target);
  } catch (error) {
    await rm(attempt, { recursive: true, force: true });
    // Another process was faster: its install is as good as ours.
    if (!existsSync(join(target, COMPLETE))) throw error;
  }
  return target;
}

function cacheFolder(): string {
  const { CRON_HEALER_GATEWAY_CACHE, XDG_CACHE_HOME } = process.env;
  const base = CRON_HEALER_GATEWAY_CACHE || XDG_CACHE_HOME || join(homedir(), ".cache");
  return join(base, "openclaw-cron-healer", "gateways");
}

async function npmCi(version: GatewayVersion, folder: string): Promise<void> {
  const started = performance.now();
  const say = (text: string): void => void process.stderr.write(`# gateway ${version}: ${text}\n`);
  const elapsed = (): string => `${Math.round((performance.now() - started) / 1000)} s`;
  say(`installing into ${folder}, once a machine, about a minute`);
  const beat = setInterval(() => say(`still installing, ${elapsed()}`), 15_000);
  try {
    const child = spawn("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
      cwd: folder,
      env: machineEnv(),
      stdio: ["ignore", "pipe", "pipe"],
      shell: process.platform === "win32",
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
    const code = await new Promise((settle, fail) => child.once("error", fail).once("close", settle));
    if (code !== 0) throw new Error(`npm ci of gateway ${version} failed (${code}):\n${output.slice(-4000)}`);
    say(`installed in ${elapsed()}`);
  } finally {
    clearInterval(beat);
  }
}

/** npm runs under the Node it came with: `npm test` has put our own Node first on PATH. */
function machineEnv(): NodeJS.ProcessEnv {
  const { npm_config_local_prefix: _, ...env } = process.env;
  const bin = join("node_modules", ".bin");
  const path = (env.PATH ?? "").split(delimiter).filter((entry) => !entry.split(sep).join("/").endsWith(bin));
  return { ...env, PATH: path.join(delimiter) };
}
