import assert from "node:assert/strict";
import { copyFile, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, describe, it } from "node:test";
import type { Access } from "../../../plugin/host/access.ts";
import { briefing } from "../../../plugin/host/briefing.ts";
import { chooseHost } from "../../../plugin/host/choose.ts";
import { ProcessClock } from "../../../plugin/host/process-clock.ts";
import { ScheduleGap } from "../../../plugin/host/schedule-gap.ts";
import { saidAloud, waitForSaying } from "../2026-9-6/said.ts";
import { tarball } from "../2026-9-6/tarball.ts";
import { cli } from "../harness/cli.ts";
import { Gateway } from "../harness/gateway.ts";
import { type Home, makeHome } from "../harness/home.ts";
import { addJob, runNow, waitForHistory } from "../harness/jobs.ts";
import { FakeModel } from "../harness/model.ts";
import { HEALER } from "../harness/plugin.ts";
import { databasePath, plantMark } from "../harness/store.ts";
import { configureAndRemove } from "../homes/leaving.ts";
import { VERSION } from "./lab.ts";

describe("2026.7.1-2, the tarball in a fresh home", { timeout: 300_000 }, () => {
  let model: FakeModel;
  let home: Home;
  let gateway: Gateway;
  let job = "";

  before(async () => {
    model = await FakeModel.start();
    home = await makeHome({ version: VERSION, model, probe: false });
    gateway = new Gateway(home);
  });
  after(async () => {
    await gateway?.[Symbol.asyncDispose]();
    await home?.[Symbol.asyncDispose]();
    await model?.[Symbol.asyncDispose]();
  });

  it("the real CLI installs it", async () => {
    const { code, stdout, stderr } = await cli(gateway, "plugins", "install", await tarball(home.folder));
    assert.equal(code, 0, stdout + stderr);
    assert.doesNotMatch(stdout + stderr, /critical|dangerous/i);
  });

  it("`plugins inspect --runtime` shows it loaded, without a diagnostic", async () => {
    const { plugin, diagnostics } = (await cli(gateway, "plugins", "inspect", HEALER, "--runtime", "--json")).json<{
      readonly plugin: { readonly id: string; readonly status: string };
      readonly diagnostics: readonly unknown[];
    }>();
    assert.equal(plugin.id, HEALER);
    assert.equal(plugin.status, "loaded");
    assert.deepEqual(diagnostics, []);
  });

  it("`plugins doctor` finds nothing", async () => {
    const { code, stdout, stderr } = await cli(gateway, "plugins", "doctor");
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /No plugin issues detected/);
  });

  it("a quiet gateway says one line of it at info, and runs its jobs", async () => {
    await gateway.start();
    const line = await waitForSaying(gateway, /^ready /);
    assert.match(line, /mode=heal generation="C \(SQLite, run logs\)" uses="fenced update,/);
    job = await addJob(gateway, { name: "job" });
    await runNow(gateway, job);
    assert.equal((await waitForHistory(gateway, job, 1))[0]?.status, "ok");
    assert.deepEqual(
      saidAloud(gateway).map((each) => each.split(" ")[0]),
      ["ready"],
    );
  });

  it("a stop is not delayed", async (t) => {
    const { milliseconds } = await gateway.sigterm();
    t.diagnostic(`SIGTERM to exit: ${milliseconds} ms`);
    assert.ok(milliseconds < 10_000);
  });

  it("a store of an unknown version is read no further, and nothing is written", async () => {
    plantMark(home, job, { runningAtMs: Date.now() - 600_000 });
    for (const spoil of [
      "PRAGMA user_version = 99",
      "ALTER TABLE cron_run_logs RENAME COLUMN entry_json TO entry",
      "ALTER TABLE cron_jobs RENAME COLUMN running_at_ms TO running_since_ms",
      "ALTER TABLE task_runs RENAME TO task_runs_2",
    ]) {
      const stateDir = join(home.folder, "unknown");
      const copy = join(stateDir, "state", "openclaw.sqlite");
      await mkdir(join(stateDir, "state"), { recursive: true });
      await copyFile(databasePath(home), copy);
      const database = new DatabaseSync(copy);
      database.exec(spoil);
      database.close();
      const asItWas = await readFile(copy);
      const host = await chooseHost(accessTo(stateDir), true);
      const { claims, unread } = await host.snapshot();
      assert.deepEqual(claims, [], spoil);
      assert.match(unread.join(), /schema version 99 is not known|column \S+ is missing|table task_runs is missing/);
      assert.ok(asItWas.equals(await readFile(copy)), spoil);
    }
  });

  it("it brings no second gateway, and the gateway's own commands configure it, switch it off and remove it", async () => {
    await gateway.start();
    await configureAndRemove(gateway);
  });
});

const accessTo = (stateDir: string): Access => ({
  stateDir,
  clock: new ProcessClock(() => {}),
  schedules: new ScheduleGap(),
  briefing,
  sessions: () => undefined,
  budgetSince: (at) => at,
});
