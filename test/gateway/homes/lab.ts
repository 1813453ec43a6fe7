import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BRISK } from "../2026-9-6/configured.ts";
import { Gateway } from "../harness/gateway.ts";
import { type GatewayVersion, generationOf } from "../harness/generation.ts";
import { type Home, type HomeOptions, type Json, makeHome } from "../harness/home.ts";
import { installed } from "../harness/install.ts";
import { history } from "../harness/jobs.ts";
import { FakeModel } from "../harness/model.ts";
import { healer } from "../harness/plugin.ts";

export interface Lab extends AsyncDisposable {
  readonly model: FakeModel;
  readonly home: Home;
  readonly gateway: Gateway;
  /** The same home under another gateway, as after an update: nothing in it is touched. */
  moveTo(version: GatewayVersion): Promise<Lab>;
}

interface Options extends Partial<HomeOptions> {
  readonly version: GatewayVersion;
  readonly settings?: Json;
  /** What is done to the home before its first gateway sees it. */
  readonly arranged?: (home: Home) => Promise<Home>;
}

export async function makeLab({ settings = BRISK, arranged, ...options }: Options): Promise<Lab> {
  const model = await FakeModel.start();
  const made = await makeHome({ model, plugins: [await healer(settings)], probe: false, ...options });
  const home = arranged === undefined ? made : await arranged(made);
  return labOf(model, home);
}

function labOf(model: FakeModel, home: Home): Lab {
  const gateway = new Gateway(home);
  return {
    model,
    home,
    gateway,
    async moveTo(version) {
      await gateway.kill9();
      return labOf(model, await under(home, version));
    },
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await home[Symbol.asyncDispose]();
      await model[Symbol.asyncDispose]();
    },
  };
}

async function under(home: Home, version: GatewayVersion): Promise<Home> {
  const generation = generationOf(version);
  const kept = Object.entries(home.env).filter(([name]) => !(name in home.generation.env));
  const env = { ...Object.fromEntries(kept), ...generation.env };
  return { ...home, version, generation, install: await installed(version), env };
}

/**
 * As most operators have it: nothing but a home is named, all else lies in its `.openclaw`; with a cron store of
 * another name if wanted.
 */
export async function atHome(home: Home, ownStore: boolean): Promise<Home> {
  const { OPENCLAW_STATE_DIR: _, OPENCLAW_CONFIG_PATH: __, ...env } = home.env;
  const stateFolder = join(env.OPENCLAW_HOME ?? "", ".openclaw");
  await rename(home.stateFolder, stateFolder);
  const configPath = join(stateFolder, "openclaw.json");
  const usual = join(stateFolder, "cron", "jobs.json");
  const cronStore = ownStore ? join(stateFolder, "my own", "jobs of mine.json") : usual;
  const config = JSON.parse(await readFile(home.configPath, "utf8")) as { cron: Json };
  if (ownStore) config.cron = { ...config.cron, store: cronStore };
  await writeFile(configPath, JSON.stringify(config), { mode: 0o600 });
  await rm(home.configPath);
  return { ...home, stateFolder, configPath, cronStore, env };
}

export const TAG = /^\[synthesized by openclaw-cron-healer\] run lost: /;

type Told = Readonly<Record<"ts" | "runAtMs" | "durationMs" | "status" | "error" | "summary", unknown>>;

/** What a history tells of its runs, oldest first, as far as any generation keeps it. */
export async function told(gateway: Gateway, job: string): Promise<readonly Told[]> {
  const entries = await history(gateway, job);
  return entries
    .map(({ ts, runAtMs, durationMs, status, error, summary }) => ({ ts, runAtMs, durationMs, status, error, summary }))
    .reverse();
}
