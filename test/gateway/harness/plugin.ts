import { cp, mkdir, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildPlugin, dist, root } from "../../build/build.ts";
import type { Json, PluginInHome } from "./home.ts";
import { reaper } from "./reaper.ts";
import { until } from "./until.ts";

export const HEALER = "openclaw-cron-healer";

const SOURCES = ["plugin", "hooks", "test/build", "manifest.json", "package.json"] as const;
const LOCK = join(root, "node_modules", ".openclaw-cron-healer-build");
const ABANDONED = 60_000;

/** The plugin under test: a copy of dist/ of its own, so that nobody's next build pulls it from under a gateway. */
export async function healer(config?: Json): Promise<PluginInHome> {
  const folder = await mkdtemp(join(tmpdir(), "cron-healer-dist-"));
  reaper({ remove: folder });
  await alone(async () => {
    if (await isStale()) await buildPlugin();
    await cp(dist, folder, { recursive: true });
  });
  return { id: HEALER, folder, ...(config ? { config } : {}) };
}

async function isStale(): Promise<boolean> {
  const built = await stat(join(dist, "openclaw.plugin.json")).catch(() => undefined);
  if (built === undefined) return true;
  const changed = await Promise.all(SOURCES.map((source) => newest(join(root, source))));
  return Math.max(...changed) >= built.mtimeMs;
}

async function newest(path: string): Promise<number> {
  const { mtimeMs } = await stat(path);
  const names = await readdir(path, { recursive: true }).catch(() => []);
  const inside = await Promise.all(names.map(async (name) => (await stat(join(path, name))).mtimeMs));
  return Math.max(mtimeMs, ...inside);
}

/** One test process at a time builds or copies; a folder is the only lock that every system makes atomically. */
async function alone<T>(deed: () => Promise<T>): Promise<T> {
  await until("nobody else builds the plugin", take, { timeout: 120_000 });
  try {
    return await deed();
  } finally {
    await rm(LOCK, { recursive: true, force: true });
  }
}

async function take(): Promise<boolean> {
  try {
    await mkdir(LOCK);
    return true;
  } catch {
    const { mtimeMs } = await stat(LOCK);
    if (Date.now() - mtimeMs > ABANDONED) await rm(LOCK, { recursive: true, force: true });
    return false;
  }
}
