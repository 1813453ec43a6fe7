import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { BRISK, PLUGIN_CONFIG } from "../2026-9-6/configured.ts";
import { LiveRuns } from "../2026-9-6/live-runs.ts";
import { deeds, looksFor, waitForSaying } from "../2026-9-6/said.ts";
import { cli } from "../harness/cli.ts";
import type { LogMark } from "../harness/gateway.ts";
import { history, waitForHistory } from "../harness/jobs.ts";
import { HEALER } from "../harness/plugin.ts";
import { storedHistory, storedState } from "../harness/store.ts";
import { assertUntouched, BOTH_WINDOWS, type Lab, makeLab } from "./lab.ts";
import { adopted, keepScheduler, writeBack } from "./stale-scheduler.ts";

describe("2026.7.1-2, plugin and scheduler are reloaded while runs are alive", { timeout: 900_000 }, () => {
  let lab: Lab;
  const live: Record<string, string> = {};
  const marks: Record<string, number | undefined> = {};

  before(async () => {
    lab = await makeLab(BRISK, { reload: "hybrid", cron: { maxConcurrentRuns: 3 } });
    const { gateway, home, model } = lab;
    await gateway.start();
    const runs = new LiveRuns(gateway, model);
    live.model = await runs.modelCall("model");
    live.timer = await runs.modelCall("timer", "timer");
    live.hook = await runs.hook("hook");
    for (const [name, job] of Object.entries(live)) marks[name] = storedState(home, job).runningAtMs;
  });
  after(() => lab?.[Symbol.asyncDispose]());

  async function command(...args: readonly string[]): Promise<void> {
    const { code, stdout, stderr } = await cli(lab.gateway, ...args);
    assert.equal(code, 0, `openclaw ${args.join(" ")}\n${stdout}${stderr}`);
  }

  async function assertAllUntouched(since: LogMark): Promise<void> {
    for (const [name, job] of Object.entries(live)) await assertUntouched(lab, job, marks[name]);
    assert.deepEqual(deeds(lab.gateway, since), []);
  }

  it("a setting of the plugin that is changed takes effect in the same gateway, and nothing is released", async () => {
    const { gateway } = lab;
    const since = gateway.mark();
    const { pid } = gateway;
    await command("config", "set", `${PLUGIN_CONFIG}.mode`, "observe");
    await waitForSaying(gateway, /^ready mode=observe/, { since });
    await command("config", "set", `${PLUGIN_CONFIG}.mode`, "heal");
    await waitForSaying(gateway, /^ready mode=heal/, { since });
    assert.equal(gateway.pid, pid);
    await looksFor(gateway, BOTH_WINDOWS);
    await assertAllUntouched(since);
  });

  it("disabled and enabled again it releases nothing", async () => {
    const { gateway } = lab;
    const since = gateway.mark();
    await command("plugins", "disable", HEALER);
    const disabled = gateway.mark();
    await command("plugins", "enable", HEALER);
    await waitForSaying(gateway, /^ready mode=heal/, { since: disabled });
    await looksFor(gateway, BOTH_WINDOWS);
    await assertAllUntouched(since);
  });

  it("a new scheduler calls the live runs interrupted; the plugin adds nothing and releases nothing", async () => {
    const { gateway, home, probe } = lab;
    const since = gateway.mark();
    await keepScheduler(probe);
    await command("config", "set", "cron.maxConcurrentRuns", "4");
    await gateway.waitForLine(/marking interrupted running job failed on startup/, { since });
    await gateway.waitForLine(/^cron: started$/, { since });
    await looksFor(gateway, BOTH_WINDOWS, since);
    for (const job of Object.values(live)) {
      assert.equal(storedState(home, job).runningAtMs, undefined);
      const [entry, ...more] = await history(gateway, job);
      assert.deepEqual(more, []);
      assert.match(entry?.error ?? "", /interrupted by gateway restart/);
    }
    assert.deepEqual(deeds(gateway, since), []);
  });

  it("marks that the old scheduler writes back while those runs still live are not released", async () => {
    const { gateway, home } = lab;
    const since = gateway.mark();
    await writeBack(lab);
    for (const [name, job] of Object.entries(live)) assert.equal(storedState(home, job).runningAtMs, marks[name], name);
    await adopted(lab, Object.values(live));
    await looksFor(gateway, BOTH_WINDOWS, since);
    for (const [name, job] of Object.entries(live)) {
      assert.equal(storedState(home, job).runningAtMs, marks[name], name);
      assert.equal(storedHistory(home, job).length, 1, name);
    }
    assert.deepEqual(deeds(gateway, since), []);
  });

  it("each run ends with its own result, once", async () => {
    const { gateway, model, probe } = lab;
    model.release();
    await probe.release();
    for (const job of Object.values(live)) {
      const [entry, ...more] = await waitForHistory(gateway, job, 2, { timeout: 60_000 });
      assert.equal(entry?.status, "ok");
      assert.equal(more.length, 1);
    }
    assert.deepEqual(deeds(gateway), []);
  });
});
