import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type GatewayVersion, type Generation, generationOf } from "./generation.ts";
import { type GatewayInstall, installed } from "./install.ts";
import type { FakeModel } from "./model.ts";
import { reaper } from "./reaper.ts";

export type Json = Readonly<Record<string, unknown>>;

/** A plugin the gateway loads from its folder. */
export interface PluginInHome {
  readonly id: string;
  readonly folder: string;
  /** `plugins.entries.<id>.config` */
  readonly config?: Json;
  /** Newer gateways hide conversation hooks from a plugin without it. */
  readonly conversationHooks?: boolean;
}

export interface HomeOptions {
  readonly version: GatewayVersion;
  readonly model: FakeModel;
  readonly plugins?: readonly PluginInHome[];
  /** Loads the probe plugin; off for tests that need a gateway with nothing but ours in it. */
  readonly probe?: boolean;
  /** Adds the channel `probechan`; it delivers at once, or on release to an address with "hang" in it. */
  readonly channel?: boolean;
  /** Jobs run on the fake CLI instead of the fake HTTP model. */
  readonly cliBackend?: boolean;
  readonly cron?: Json;
  readonly reload?: "off" | "hot" | "restart" | "hybrid";
  /** Merged over everything else, deep. */
  readonly config?: Json;
  readonly env?: Readonly<Record<string, string>>;
}

/** A user's home with an OpenClaw configuration in it, removed when disposed of. */
export interface Home extends AsyncDisposable {
  readonly version: GatewayVersion;
  readonly generation: Generation;
  readonly install: GatewayInstall;
  readonly folder: string;
  readonly stateFolder: string;
  /** The file that the JSON generations keep their jobs in; the SQLite ones call a set of jobs by its name. */
  readonly cronStore: string;
  readonly configPath: string;
  readonly port: number;
  readonly token: string;
  /** Distinguishes this gateway's records in a log file that it shares. */
  readonly logName: string;
  readonly logFile: string;
  /** Where the probe plugin says on which port it listens. */
  readonly probeFile: string;
  readonly cliLog: string;
  readonly cliBackend: boolean;
  /** All of the gateway's environment; nothing of ours leaks in. */
  readonly env: Readonly<Record<string, string>>;
}

const PROBE = resolve(import.meta.dirname, "probe");
const CHANNEL: PluginInHome = { id: "probechan", folder: resolve(import.meta.dirname, "probe-channel") };
const CLI_PLUGIN = resolve(import.meta.dirname, "probe-cli");
const CLI_MODEL = resolve(import.meta.dirname, "cli-model.mjs");

export async function makeHome(options: HomeOptions): Promise<Home> {
  const install = await installed(options.version);
  const folder = await realpath(await mkdtemp(join(tmpdir(), "cron-healer-")));
  reaper({ remove: folder });
  const paths = {
    folder,
    stateFolder: join(folder, "state"),
    configPath: join(folder, "openclaw.json"),
    logFile: join(folder, "log", "openclaw.log"),
    probeFile: join(folder, "probe.json"),
    cliLog: join(folder, "cli-model.jsonl"),
  };
  for (const name of ["home", "state", "log", "tmp", "workspace"]) await mkdir(join(folder, name), { mode: 0o700 });
  const generation = generationOf(options.version);
  const port = await freePort();
  const token = randomUUID();
  const logName = `cron-healer-${randomUUID()}`;
  const config = merged(base(paths, port, token, options), generation.config, plugins(paths, options), options.config);
  await writeFile(paths.configPath, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
  return {
    ...paths,
    cronStore: join(paths.stateFolder, "cron", "jobs.json"),
    version: options.version,
    generation,
    install,
    port,
    token,
    logName,
    cliBackend: options.cliBackend ?? false,
    env: { ...environment(paths, token, logName), ...generation.env, ...options.env },
    [Symbol.asyncDispose]: () => forget(folder),
  };
}

async function forget(folder: string): Promise<void> {
  if (process.env.CRON_HEALER_KEEP_HOME === "1") process.stderr.write(`# kept ${folder}\n`);
  else await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  reaper({ keep: folder });
}

type Paths = Pick<Home, "folder" | "stateFolder" | "configPath" | "logFile" | "probeFile" | "cliLog">;

function environment(paths: Paths, token: string, logName: string): Record<string, string> {
  return {
    PATH: process.env.PATH ?? "",
    HOME: join(paths.folder, "home"),
    TMPDIR: join(paths.folder, "tmp"),
    // The only mark that 2026.4.14 lets one put on its log records.
    HOSTNAME: logName,
    OPENCLAW_HOME: join(paths.folder, "home"),
    OPENCLAW_STATE_DIR: paths.stateFolder,
    OPENCLAW_CONFIG_PATH: paths.configPath,
    OPENCLAW_GATEWAY_TOKEN: token,
    OPENCLAW_SKIP_CHANNELS: "1",
    OPENCLAW_SKIP_BROWSER_CONTROL_SERVER: "1",
    OPENCLAW_SKIP_CANVAS_HOST: "1",
    OPENCLAW_SKIP_GMAIL_WATCHER: "1",
    OPENCLAW_SKIP_STARTUP_MODEL_PREWARM: "1",
    OPENCLAW_DISABLE_BONJOUR: "1",
    OPENCLAW_NO_AUTO_UPDATE: "1",
    OPENCLAW_NO_RESPAWN: "1",
    OPENCLAW_HIDE_BANNER: "1",
    OPENCLAW_OFFLINE: "1",
    NO_COLOR: "1",
  };
}

function base(paths: Paths, port: number, token: string, options: HomeOptions): Json {
  return {
    gateway: {
      mode: "local",
      bind: "loopback",
      port,
      auth: { mode: "token", token },
      ...(options.reload ? { reload: { mode: options.reload } } : {}),
    },
    logging: { file: paths.logFile, level: "debug", consoleLevel: "info" },
    discovery: { mdns: { mode: "off" } },
    update: { checkOnStart: false },
    agents: {
      defaults: {
        workspace: join(paths.folder, "workspace"),
        skipBootstrap: true,
        model: { primary: options.cliBackend ? "fake-cli/one" : "fake/fake-1" },
        heartbeat: { every: "0m" },
      },
    },
    models: {
      mode: "replace",
      providers: {
        fake: { baseUrl: options.model.baseUrl, apiKey: "sk-fake", api: "openai-completions", models: [FAKE] },
      },
    },
    cron: { enabled: true, ...options.cron },
  };
}

const FAKE = {
  id: "fake-1",
  name: "Fake 1",
  reasoning: false,
  input: ["text"],
  cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
  contextWindow: 128_000,
  maxTokens: 4096,
} as const;

function plugins(paths: Paths, { version, cliBackend = false, ...options }: HomeOptions): Json {
  const generation = generationOf(version);
  const backend = {
    command: process.execPath,
    args: [CLI_MODEL, paths.cliLog],
    input: "stdin",
    output: "text",
    sessionMode: "none",
    serialize: false,
  };
  const declared = generation.channel === "plugin";
  const byPlugin = cliBackend && generation.cliBackend === "plugin";
  const probe: PluginInHome = {
    id: "cron-healer-probe",
    folder: PROBE,
    conversationHooks: true,
    config: {
      file: paths.probeFile,
      hooks: generation.hooks,
      hangingHook: generation.hangingHook,
      ...(options.channel && !declared ? { channel: true } : {}),
    },
  };
  const loaded = [
    ...(options.plugins ?? []),
    ...((options.probe ?? true) ? [probe] : []),
    ...(byPlugin ? [{ id: "cron-healer-probe-cli", folder: CLI_PLUGIN, config: { cliBackend: backend } }] : []),
    ...(options.channel && declared ? [CHANNEL] : []),
  ];
  const entries = loaded.map(({ id, config, conversationHooks }) => {
    const hooks = conversationHooks && version !== "2026.4.14" ? { hooks: { allowConversationAccess: true } } : {};
    return [id, { enabled: true, ...hooks, ...(config ? { config } : {}) }] as const;
  });
  return {
    plugins: {
      enabled: true,
      allow: loaded.map(({ id }) => id),
      load: { paths: loaded.map(({ folder }) => folder) },
      entries: Object.fromEntries(entries),
      slots: { memory: "none" },
    },
    ...(options.channel && declared ? { channels: { probechan: { enabled: true, token: "none" } } } : {}),
    ...(cliBackend && !byPlugin ? { agents: { defaults: { cliBackends: { "fake-cli": backend } } } } : {}),
  };
}

/** Later values win; objects are merged, everything else is replaced. */
function merged(...layers: readonly (Json | undefined)[]): Json {
  const result: Record<string, unknown> = {};
  for (const layer of layers) {
    for (const [key, value] of Object.entries(layer ?? {})) {
      const below = result[key];
      result[key] = isObject(below) && isObject(value) ? merged(below, value) : value;
    }
  }
  return result;
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}
