import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { BOTH_WINDOWS, BRISK, PLUGIN_CONFIG } from "../2026-9-6/configured.ts";
import { LiveRuns, runOf } from "../2026-9-6/live-runs.ts";
import { deeds, looksFor, waitForSaying } from "../2026-9-6/said.ts";
import { cli } from "../harness/cli.ts";
import { Gateway, type LogMark } from "../harness/gateway.ts";
import { type Home, makeHome } from "../harness/home.ts";
import { addJob, history, listed, runNow, waitForHistory } from "../harness/jobs.ts";
import { FakeModel } from "../harness/model.ts";
import { HEALER, healer } from "../harness/plugin.ts";
import { Probe } from "../harness/probe.ts";
import { until } from "../harness/until.ts";
import { plantInMemory } from "./planted.ts";

describe("2026.8.2, the plugin is reloaded while runs are alive, the scheduler off", { timeout: 900_000 }, () => {
  let model: FakeModel;
  let home: Home;
  let gateway: Gateway;
  let pid = 0;
  const live: Record<string, string> = {};
  const asItWas: Record<string, object> = {};

  before(async () => {
    model = await FakeModel.start();
    home = await makeHome({ version: "2026.8.2", model, plugins: [await healer(BRISK)], reload: "hybrid" });
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

  const starts = () =>
    new Probe(gateway).run(({ state }) =>
      (state.hooks as { hook: string }[]).flatMap(({ hook }) => (hook === "gateway_start" ? [hook] : [])),
    );

  it("it releases none of them", async () => {
    await looksFor(gateway, BOTH_WINDOWS, 0 as LogMark);
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
    assert.equal((await starts()).length, 1, "the gateway has not said again that it started");
  });

  it("the scheduler, which is handed out once a start, is still at hand: an orphan is released", async () => {
    const orphan = await addJob(gateway, { name: "orphan" });
    await plantInMemory(gateway, orphan, { startedAt: Date.now() });
    await waitForSaying(gateway, new RegExp(`^released job=${orphan} .*why="every witness absent at two looks"`), {
      timeout: 120_000,
    });
    assert.equal((await runNow(gateway, orphan)).kind, "enqueued");
    assert.equal((await waitForHistory(gateway, orphan, 2))[0]?.status, "ok");
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

describe("2026.8.2, the scheduler is replaced by a change of its settings", { timeout: 600_000 }, () => {
  let model: FakeModel;
  let home: Home;
  let gateway: Gateway;

  before(async () => {
    model = await FakeModel.start();
    home = await makeHome({ version: "2026.8.2", model, plugins: [await healer(BRISK)], reload: "hybrid" });
    gateway = new Gateway(home);
    await gateway.start({ scheduler: "off" });
  });
  after(async () => {
    await gateway?.[Symbol.asyncDispose]();
    await home?.[Symbol.asyncDispose]();
    await model?.[Symbol.asyncDispose]();
  });

  it("the plugin reaches the new one, and releases through it", async () => {
    const orphan = await addJob(gateway, { name: "orphan" });
    const since = gateway.mark();
    const { code, stdout, stderr } = await cli(gateway, "config", "set", "cron.sessionRetention", "48h");
    assert.equal(code, 0, stdout + stderr);
    const replaced = () =>
      new Probe(gateway).run(({ state }) => state.contexts.gateway_start.getCron().state !== undefined);
    await until("the scheduler is replaced", replaced, { timeout: 60_000 });
    await plantInMemory(gateway, orphan, { startedAt: Date.now() });
    const released = new RegExp(`^released job=${orphan} .*entry=written`);
    await waitForSaying(gateway, released, { since, timeout: 120_000 });
    assert.equal((await runNow(gateway, orphan)).kind, "enqueued");
    assert.deepEqual(
      (await waitForHistory(gateway, orphan, 2)).map(({ status }) => status),
      ["ok", "error"],
    );
  });
});
