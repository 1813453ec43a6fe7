import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { PLUGIN_CONFIG } from "../2026-9-6/configured.ts";
import { said, waitForSaying } from "../2026-9-6/said.ts";
import { type CliResult, cli } from "../harness/cli.ts";
import type { Gateway } from "../harness/gateway.ts";
import type { Json } from "../harness/home.ts";
import { addJob, runNow, waitForHistory } from "../harness/jobs.ts";
import { HEALER } from "../harness/plugin.ts";

const LONG = { timeout: 90_000 };

/** What an operator does with the installed plugin of a running gateway: configure it, switch it off, take it away. */
export async function configureAndRemove(gateway: Gateway): Promise<void> {
  const { folder, configPath } = gateway.home;
  assert.deepEqual(await gatewaysIn(folder), [], "a second gateway came with the plugin");

  const configured = gateway.mark();
  await done(cli(gateway, "config", "set", `${PLUGIN_CONFIG}.scanSeconds`, "10"));
  await waitForSaying(gateway, /^ready .*scan=10s/, { since: configured, ...LONG });
  await done(cli(gateway, "config", "set", `${PLUGIN_CONFIG}.enabled`, "false"));
  await waitForSaying(gateway, /^switched off by its settings/, { since: configured, ...LONG });

  await done(cli(gateway, "plugins", "disable", HEALER));
  const disabled = gateway.mark();
  await gateway.stopAndRestart();
  await runs(gateway, "disabled");
  assert.deepEqual(said(gateway, disabled), []);

  await done(cli(gateway, "plugins", "uninstall", HEALER, "--force"));
  // 2026.9.6 remembers that it was switched off.
  const { plugins } = JSON.parse(await readFile(configPath, "utf8")) as {
    plugins?: { entries?: Json; installs?: Json };
  };
  assert.notEqual((plugins?.entries?.[HEALER] as Json | undefined)?.enabled, true);
  assert.equal(plugins?.installs?.[HEALER], undefined);
  assert.deepEqual(await packagesIn(folder), [], "its files are still there");
  const removed = gateway.mark();
  await gateway.stopAndRestart();
  await runs(gateway, "removed");
  const named = gateway.linesSince(removed).filter(({ text }) => text.includes(HEALER));
  assert.deepEqual(
    named.map(({ text }) => text),
    [],
  );
}

async function done(command: Promise<CliResult>): Promise<void> {
  const { code, stdout, stderr } = await command;
  assert.equal(code, 0, stdout + stderr);
}

async function runs(gateway: Gateway, name: string): Promise<void> {
  const job = await addJob(gateway, { name });
  await runNow(gateway, job);
  assert.equal((await waitForHistory(gateway, job, 1, LONG))[0]?.status, "ok");
}

/** A link to the gateway that runs is none of its own. */
async function gatewaysIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && entry.name === "openclaw" && entry.parentPath.endsWith("node_modules"))
    .map(({ parentPath }) => parentPath);
}

async function packagesIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive: true });
  return names.filter((name) => name.endsWith(`${HEALER}/package.json`));
}
