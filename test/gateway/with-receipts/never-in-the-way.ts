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
import { BRISK, configureHealer } from "../2026-9-6/configured.ts";
import { said, saidAloud, waitForSaying } from "../2026-9-6/said.ts";
import { Gateway } from "../harness/gateway.ts";
import type { GatewayVersion } from "../harness/generation.ts";
import { type Home, makeHome } from "../harness/home.ts";
import { addJob, history, runNow } from "../harness/jobs.ts";
import { FakeModel } from "../harness/model.ts";
import { healer } from "../harness/plugin.ts";
import { Probe } from "../harness/probe.ts";
import { databasePath, plantMark, storedState } from "../harness/store.ts";
import { until } from "../harness/until.ts";

export function neverInTheWay(version: GatewayVersion): void {
  describe(`${version}, whatever goes wrong, the gateway does not notice the plugin`, { timeout: 900_000 }, () => {
    let model: FakeModel;
    let home: Home;
    let gateway: Gateway;
    let orphan = "";
    let healthy = "";
    let undisturbed = 0;

    before(async () => {
      model = await FakeModel.start();
      home = await makeHome({ version, model, plugins: [await healer({ enabled: false })] });
      gateway = new Gateway(home);
      await gateway.start({ scheduler: "off" });
      orphan = await addJob(gateway, { name: "orphan" });
      healthy = await addJob(gateway, { name: "healthy" });
      undisturbed = (await gateway.sigterm()).milliseconds;
      await configureHealer(home, BRISK);
    });
    after(async () => {
      await gateway?.[Symbol.asyncDispose]();
      await home?.[Symbol.asyncDispose]();
      await model?.[Symbol.asyncDispose]();
    });

    it("a store that is locked for 45 s from the start delays the release, nothing else", async (t) => {
      plantMark(home, orphan, { runningAtMs: Date.now() - 600_000 });
      const since = gateway.mark();
      const start = gateway.start({ scheduler: "off", waitFor: "ready" });
      await waitForSaying(gateway, /^ready /, { since });
      const lock = new DatabaseSync(databasePath(home));
      let locked = 0;
      try {
        lock.exec("BEGIN IMMEDIATE");
        locked = performance.now();
        const { milliseconds } = await start;
        t.diagnostic(`ready after ${milliseconds} ms with the store locked`);
        await waitForSaying(
          gateway,
          new RegExp(`^could not be released job=${orphan} .*because="the database is locked"`),
          {
            since,
          },
        );
        await until("the lock has been held for 45 s", () => performance.now() - locked > 45_000, { timeout: 60_000 });
        assert.equal(typeof storedState(home, orphan).runningAtMs, "number");
        lock.exec("ROLLBACK");
      } finally {
        lock.close();
      }
      await waitForSaying(gateway, new RegExp(`^released job=${orphan} `), { since });
      assert.equal((await history(gateway, orphan)).length, 1);
      const complaints = saidAloud(gateway, since).filter((line) => line.startsWith("could not"));
      assert.equal(complaints.length, 1, "the same failure is said once");
    });

    it("other jobs run meanwhile and after", async () => {
      assert.equal((await runNow(gateway, healthy)).kind, "enqueued");
      await until("it has run", async () => (await history(gateway, healthy))[0]?.status === "ok");
    });

    it("a second gateway on the same state folder is refused by the host", async () => {
      await using other = await makeHome({ version, model, env: { OPENCLAW_STATE_DIR: home.stateFolder } });
      await using second = new Gateway(other);
      await assert.rejects(second.start({ scheduler: "off", timeout: 60_000 }));
      assert.ok(
        second.console.some(({ text }) => /already owns this state directory|another OpenClaw process owns/.test(text)),
      );
      assert.ok(gateway.alive);
    });

    it("a scheduler that never answers our release delays the stop by less than a second", async (t) => {
      plantMark(home, orphan, { runningAtMs: Date.now() - 3 * 3_600_000 });
      await new Probe(gateway).run(({ state }) => {
        const scheduler = state.contexts.gateway_start.getCron();
        scheduler.updateWithPrecondition = () => {
          state.asked = true;
          return new Promise(() => {});
        };
      });
      await until("the release hangs", () => new Probe(gateway).run(({ state }) => state.asked === true), {
        timeout: 60_000,
      });
      const { milliseconds } = await gateway.sigterm();
      t.diagnostic(
        `SIGTERM to exit: ${milliseconds} ms with a release that hangs, ${undisturbed} ms without the plugin`,
      );
      assert.ok(milliseconds - undisturbed < 1000 + NOISE);
    });

    it("a store of an unknown version is read no further, and nothing is written", async () => {
      for (const spoil of [
        "PRAGMA user_version = 99",
        "ALTER TABLE cron_run_receipts RENAME COLUMN owner_pid TO owner",
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
        assert.deepEqual(claims, []);
        assert.match(unread.join(), /schema version 99 is not known|column cron_run_receipts.owner_pid is missing/);
        assert.ok(asItWas.equals(await readFile(copy)));
      }
    });

    it("nothing of ours ever threw", () => {
      assert.deepEqual(
        said(gateway).filter((line) => /this pass failed|could not start/.test(line)),
        [],
      );
    });
  });
}

/** Two stops of the same gateway differ by so much on a busy machine. */
const NOISE = 800;

const accessTo = (stateDir: string): Access => ({
  stateDir,
  clock: new ProcessClock(() => {}),
  schedules: new ScheduleGap(),
  briefing,
  sessions: () => undefined,
  budgetSince: (at) => at,
});
