import { readFile, rename, writeFile } from "node:fs/promises";
import { Gateway } from "../gateway/harness/gateway.ts";
import { type GatewayVersion, generationOf } from "../gateway/harness/generation.ts";
import { type Home, makeHome } from "../gateway/harness/home.ts";
import { FakeModel } from "../gateway/harness/model.ts";
import { HEALER, healer } from "../gateway/harness/plugin.ts";
import { Probe } from "../gateway/harness/probe.ts";
import type { Arm } from "./diary.ts";
import type { World } from "./plan.ts";

/** The shortest windows that the settings allow, and a debug line for every look. */
const QUICK = { scanSeconds: 5, graceSeconds: 20, lookSeconds: 20, endedSeconds: 15, logLevel: "debug" } as const;

/** A gateway, its home and its model; several cycles are played on it one after another. */
export interface Scene extends AsyncDisposable {
  readonly version: GatewayVersion;
  readonly arm: Arm;
  readonly scheduler: "on" | "off";
  readonly model: FakeModel;
  readonly home: Home;
  readonly gateway: Gateway;
  readonly probe: Probe;
  /** Changes the configuration file under the living gateway. */
  reload(what: "cron" | "plugin"): Promise<void>;
}

export async function setScene(version: GatewayVersion, arm: Arm, scheduler: "on" | "off"): Promise<Scene> {
  const model = await FakeModel.start();
  const plugins = arm === "with" ? [await healer(QUICK)] : [];
  const cron = { maxConcurrentRuns: 4, sessionRetention: "24h" };
  const home = await makeHome({ version, model, plugins, channel: true, cron });
  const gateway = new Gateway(home);
  let reloads = 0;
  return {
    version,
    arm,
    scheduler,
    model,
    home,
    gateway,
    probe: new Probe(gateway),
    async reload(what) {
      reloads += 1;
      const config = JSON.parse(await readFile(home.configPath, "utf8")) as Config;
      if (what === "cron") config.cron.sessionRetention = `${24 + (reloads % 20)}h`;
      else config.plugins.entries[HEALER] = { enabled: true, config: { ...QUICK, scanSeconds: 5 + (reloads % 2) } };
      await writeFile(`${home.configPath}.new`, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
      await rename(`${home.configPath}.new`, home.configPath);
    },
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await home[Symbol.asyncDispose]();
      await model[Symbol.asyncDispose]();
    },
  };
}

interface Config {
  readonly cron: { sessionRetention: string };
  readonly plugins: { readonly entries: Record<string, unknown> };
}

export const worldOf = (version: GatewayVersion): World => ({
  store: generationOf(version).store === "sqlite" ? "database" : "files",
  runsHoldEachOther: version !== "2026.8.2" && version !== "2026.9.6",
  schedulerOff: version === "2026.9.6" ? 0.6 : 0.25,
});
