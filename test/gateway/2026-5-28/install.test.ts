import assert from "node:assert/strict";
import { test } from "node:test";
import { packPlugin } from "../../build/pack.ts";
import { waitUntilSaid } from "../2026-4-14/lab.ts";
import { cli } from "../harness/cli.ts";
import { Gateway } from "../harness/gateway.ts";
import { makeHome } from "../harness/home.ts";
import { FakeModel } from "../harness/model.ts";
import { HEALER } from "../harness/plugin.ts";
import { configureAndRemove } from "../homes/leaving.ts";
import { VERSION } from "./lab.ts";

test("the tarball installs without a finding, loads, is configured, switched off and removed by the gateway's own commands", {
  timeout: 180_000,
}, async (t) => {
  await using model = await FakeModel.start();
  await using home = await makeHome({ version: VERSION, model, probe: false });
  await using gateway = new Gateway(home);
  const tarball = await packPlugin(home.folder);

  const install = await cli(gateway, "plugins", "install", tarball);
  t.diagnostic(`${install.stdout}\n${install.stderr}`);
  assert.equal(install.code, 0);
  assert.doesNotMatch(install.stdout + install.stderr, /critical|dangerous|suspicious/i);
  const inspect = await cli(gateway, "plugins", "inspect", HEALER, "--runtime", "--json");
  assert.equal(inspect.code, 0);
  const found = inspect.json<{ diagnostics?: unknown[]; plugin?: { status?: string } }>();
  t.diagnostic(JSON.stringify(found));
  assert.deepEqual(found.diagnostics ?? [], []);
  assert.equal(found.plugin?.status, "loaded");
  const doctor = await cli(gateway, "plugins", "doctor");
  t.diagnostic(`${doctor.code} ${doctor.stdout}\n${doctor.stderr}`);
  assert.doesNotMatch(doctor.stdout + doctor.stderr, new RegExp(HEALER));

  await gateway.start();
  await waitUntilSaid(gateway, /^ready mode=heal generation="B \(jobs\.json \+ jobs-state\.json\)"/);
  const complaints = gateway.lines.filter(({ level, text }) => /warn|error|fatal/.test(level) && text.includes(HEALER));
  // This home has no list of plugins that it trusts; the gateway says so of each plugin that it finds.
  assert.deepEqual(
    complaints.map(({ text }) => text).filter((text) => !/plugins\.allow is empty/.test(text)),
    [],
  );
  await configureAndRemove(gateway);
});
