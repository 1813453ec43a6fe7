import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { root } from "../../build/build.ts";
import type { PluginInHome } from "../harness/home.ts";
import { reaper } from "../harness/reaper.ts";

const ID = "cron-healer-port";

/** The plugin that offers the port, built from the sources as they are. */
export async function portPlugin(): Promise<PluginInHome> {
  const folder = await mkdtemp(join(tmpdir(), "cron-healer-port-"));
  reaper({ remove: folder });
  await build({
    absWorkingDir: root,
    entryPoints: { index: "test/gateway/contract/port-plugin.ts" },
    outdir: folder,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node22",
    logLevel: "warning",
  });
  const manifest = {
    id: ID,
    name: "Cron Healer Port",
    description: "Offers the port of the plugin under test.",
    activation: { onStartup: true },
    configSchema: { type: "object", additionalProperties: false, properties: {} },
  };
  const about = {
    name: ID,
    version: "0.0.0",
    private: true,
    type: "module",
    openclaw: { extensions: ["./index.js"] },
  };
  await writeFile(join(folder, "openclaw.plugin.json"), JSON.stringify(manifest));
  await writeFile(join(folder, "package.json"), JSON.stringify(about));
  return { id: ID, folder };
}
