import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { cli } from "../harness/cli.ts";
import { Gateway } from "../harness/gateway.ts";
import { type Home, makeHome } from "../harness/home.ts";
import { history, listed, waitForHistory } from "../harness/jobs.ts";
import { FakeModel } from "../harness/model.ts";
import { HEALER } from "../harness/plugin.ts";
import { Probe } from "../harness/probe.ts";
import { BOTH_WINDOWS, BRISK, PLUGIN_CONFIG } from "./configured.ts";
import { LiveRuns, runOf } from "./live-runs.ts";
import { deeds, looksFor, waitForSaying } from "./said.ts";
import { tarball } from "./tarball.ts";

describe("2026.9.6, the plugin is exchanged while runs are alive, the scheduler off", { timeout: 400_000 }, () => {
  let model: FakeModel;
  let home: Home;
  let gateway: Gateway;
  let pid = 0;
  const live: Record<string, string> = {};
  const asItWas: Record<string, object> = {};

  before(async () => {
    model = await FakeModel.start();
    home = await makeHome({ version: "2026.9.6", model, reload: "hybrid" });
    gateway = new Gateway(home);
    await gateway.start({ scheduler: "off" });
    pid = gateway.pid;
    const runs = new LiveRuns(gateway, model);
    live.model = await runs.modelCall("model");
    live.hook = await runs.hook("hook");
    for (const [name, job] of Object.entries(live)) asItWas[name] = runOf(home, job);
  });
  after(async () => {
    await gateway?.[Symbol.asyncDispose]();
    await home?.[Symbol.asyncDispose]();
    await model?.[Symbol.asyncDispose]();
  });

  async function command(...args: readonly string[]): Promise<void> {
    const { code, stdout, stderr } = await cli(gateway, ...args);
    assert.equal(code, 0, `openclaw ${args.join(" ")}\n${stdout}${stderr}`);
  }

  async function assertUntouched(): Promise<void> {
    assert.equal(gateway.pid, pid);
    assert.ok(gateway.alive);
    for (const [name, job] of Object.entries(live)) {
      assert.deepEqual(runOf(home, job), asItWas[name], name);
      assert.equal((await listed(gateway, job)).status, "running", name);
      assert.deepEqual(await history(gateway, job), [], name);
    }
    assert.deepEqual(deeds(gateway), []);
  }

  it("installed from its tarball it releases none of them", async () => {
    await command("plugins", "install", await tarball(home.folder), "--force", "--accept-capabilities");
    await waitForSaying(gateway, /^ready mode=heal/);
    const since = gateway.mark();
    await command("config", "set", PLUGIN_CONFIG, JSON.stringify(BRISK));
    await waitForSaying(gateway, /^ready .*scan=5s/, { since });
    await looksFor(gateway, BOTH_WINDOWS, since);
    await assertUntouched();
  });

  it("a setting that is changed takes effect in the same gateway", async () => {
    for (const mode of ["observe", "heal"]) {
      const since = gateway.mark();
      await command("config", "set", `${PLUGIN_CONFIG}.mode`, mode);
      await waitForSaying(gateway, new RegExp(`^ready mode=${mode}`), { since });
    }
    await assertUntouched();
  });

  it("disabled and enabled again it releases none of them", async () => {
    await command("plugins", "disable", HEALER);
    const since = gateway.mark();
    await command("plugins", "enable", HEALER);
    await waitForSaying(gateway, /^ready mode=heal/, { since });
    await looksFor(gateway, BOTH_WINDOWS, since);
    await assertUntouched();
  });

  it("the runs end as if we had not been there", async () => {
    model.release();
    await new Probe(gateway).release();
    for (const job of Object.values(live)) {
      const [entry, ...more] = await waitForHistory(gateway, job, 1);
      assert.deepEqual(more, []);
      assert.equal(entry?.status, "ok");
    }
  });
});
