import assert from "node:assert/strict";
import { test } from "node:test";
import { packPlugin } from "../../build/pack.ts";
import { cli } from "../harness/cli.ts";
import { Gateway } from "../harness/gateway.ts";
import { makeHome } from "../harness/home.ts";
import { FakeModel } from "../harness/model.ts";
import { HEALER } from "../harness/plugin.ts";
import { configureAndRemove } from "../homes/leaving.ts";
import { waitUntilSaid } from "./lab.ts";

interface Inspection {
  readonly plugin: { readonly status: string; readonly services: readonly string[] };
  readonly diagnostics: readonly unknown[];
}

test("the tarball installs without a finding, loads, is configured, switched off and removed by the gateway's own commands", {
  timeout: 300_000,
}, async () => {
  await using model = await FakeModel.start();
  await using home = await makeHome({ version: "2026.4.14", model, probe: false });
  await using gateway = new Gateway(home);
  const tarball = await packPlugin(home.folder);

  const install = await cli(gateway, "plugins", "install", tarball);
  assert.equal(install.code, 0, install.stderr);
  assert.match(install.stdout, /^Installed plugin: openclaw-cron-healer$/m);
  assert.doesNotMatch(`${install.stdout}${install.stderr}`, /dangerous|suspicious|critical|finding/i);

  // This version knows no `--runtime`: what it inspects is always the loaded plugin.
  const inspect = await cli(gateway, "plugins", "inspect", HEALER, "--json");
  const { plugin, diagnostics } = inspect.json<Inspection>();
  assert.equal(plugin.status, "loaded");
  assert.deepEqual(plugin.services, [HEALER]);
  assert.deepEqual(diagnostics, []);
  const doctor = await cli(gateway, "plugins", "doctor");
  assert.match(doctor.stdout, /No plugin issues detected/);

  await gateway.start();
  await waitUntilSaid(gateway, /^ready mode=heal generation="A \(jobs\.json\)"/);
  await configureAndRemove(gateway);
});
