import assert from "node:assert/strict";
import { test } from "node:test";
import { cli } from "../harness/cli.ts";
import { addJob, runNow, waitForHistory } from "../harness/jobs.ts";
import { HEALER } from "../harness/plugin.ts";
import { makeLab, passes, QUICK, said, waitUntilSaid } from "./lab.ts";

const SETTINGS = `plugins.entries.${HEALER}.config`;
const OFF = /^switched off, these settings make no sense /;

test("settings that make no sense cost one line and the plugin, never the gateway", { timeout: 300_000 }, async (t) => {
  const nonsense = { ...QUICK, patience: { floorSeconds: 600, ceilingSeconds: 300 } };
  await using lab = await makeLab(nonsense);
  const { gateway } = lab;

  await t.test("a floor above the ceiling", async () => {
    await gateway.start();
    const { level, text } = await waitUntilSaid(gateway, OFF);
    assert.equal(level, "error");
    assert.match(text, /patience\.floorSeconds=600 is above patience\.ceilingSeconds=300/);
    const job = await addJob(gateway, { name: "works" });
    await runNow(gateway, job);
    assert.equal((await waitForHistory(gateway, job, 1))[0]?.status, "ok");
    assert.equal(said(gateway).length, 1);
  });

  await t.test("a value out of its range is refused by the gateway's own command, by name", async () => {
    const refused = await cli(gateway, "config", "set", `${SETTINGS}.scanSeconds`, "1");
    assert.notEqual(refused.code, 0);
    assert.match(`${refused.stdout}${refused.stderr}`, /scanSeconds/);
  });

  await t.test("put right, it comes to life without a restart", async () => {
    const since = gateway.mark();
    assert.equal((await cli(gateway, "config", "set", `${SETTINGS}.patience.floorSeconds`, "60")).code, 0);
    await waitUntilSaid(gateway, /^ready mode=heal /, since, 60_000);
    await passes(gateway, 1);
  });

  await t.test("the environment beats the settings, and a wrong word in it is named", async () => {
    await gateway.stopAndRestart({ env: { OPENCLAW_CRON_HEALER_MODE: "observe" } });
    await waitUntilSaid(gateway, /^ready mode=observe /);
    const since = gateway.mark();
    await gateway.stopAndRestart({ env: { OPENCLAW_CRON_HEALER_MODE: "sometimes" } });
    const { text } = await waitUntilSaid(gateway, OFF, since);
    assert.match(text, /OPENCLAW_CRON_HEALER_MODE=sometimes/);
  });

  await t.test("enabled=false is one word in the log", async () => {
    const since = gateway.mark();
    assert.equal((await cli(gateway, "config", "set", `${SETTINGS}.enabled`, "false")).code, 0);
    await gateway.stopAndRestart();
    await waitUntilSaid(gateway, /^switched off by its settings/, since);
    assert.deepEqual(
      said(gateway, since).filter(({ text }) => /^(ready|looked)/.test(text)),
      [],
    );
  });
});
