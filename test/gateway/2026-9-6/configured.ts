import { readFile, writeFile } from "node:fs/promises";
import type { Home, Json } from "../harness/home.ts";
import { HEALER } from "../harness/plugin.ts";

/** The windows at their shortest, every look in the log. */
export const BRISK = {
  scanSeconds: 5,
  graceSeconds: 20,
  lookSeconds: 20,
  endedSeconds: 15,
  logLevel: "debug",
} as const;

/** Both windows and two scans, in seconds: a silent run is released within. */
export const BOTH_WINDOWS = 50;
/** The same while the scheduler is on, which goes first for two of its ticks. */
export const BOTH_WINDOWS_AND_TWO_TICKS = 165;

export const PLUGIN_CONFIG = `plugins.entries.${HEALER}.config`;

type Config = { cron: Json; plugins: { entries: Record<string, { config?: Json }> } };

/** Changes the configuration of a gateway that does not run. */
export async function reconfigure(home: Home, change: (config: Config) => void): Promise<void> {
  const config = JSON.parse(await readFile(home.configPath, "utf8")) as Config;
  change(config);
  await writeFile(home.configPath, `${JSON.stringify(config, null, 2)}\n`);
}

export const configureHealer = (home: Home, config: Json): Promise<void> =>
  reconfigure(home, ({ plugins }) => {
    plugins.entries[HEALER] = { ...plugins.entries[HEALER], config };
  });
