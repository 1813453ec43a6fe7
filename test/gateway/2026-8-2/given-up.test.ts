import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { after, before, describe, it } from "node:test";
import { BRISK } from "../2026-9-6/configured.ts";
import { deeds, waitForLooks, waitForSaying } from "../2026-9-6/said.ts";
import { Gateway } from "../harness/gateway.ts";
import { type Home, makeHome } from "../harness/home.ts";
import { addJob, history, makeDue, runNow, waitForHistory } from "../harness/jobs.ts";
import { FakeModel } from "../harness/model.ts";
import { healer } from "../harness/plugin.ts";
import { Probe } from "../harness/probe.ts";
import { databasePath, receipts, storedState, taskRuns } from "../harness/store.ts";
import { until } from "../harness/until.ts";

const WAYS = ["by hand", "by the timer"] as const;

describe("2026.8.2, the last write of a run fails and the next tick gives the run up", { timeout: 900_000 }, () => {
  let model: FakeModel;
  let home: Home;
  let gateway: Gateway;
  const id: Record<string, string> = {};
  const startedAt: Record<string, number> = {};
  const job = (name: string): string => id[name] ?? assert.fail(name);

  before(async () => {
    model = await FakeModel.start();
    home = await makeHome({ version: "2026.8.2", model, plugins: [await healer(BRISK)] });
    gateway = new Gateway(home);
    await gateway.start();
    for (const name of WAYS) id[name] = await addJob(gateway, { name, prompt: "[[hang]]" });
    await runNow(gateway, job("by hand"));
    await makeDue(gateway, job("by the timer"));
    for (const name of WAYS) {
      await model.waitForRequest((request) => request.job === name, { timeout: 90_000 });
      startedAt[name] = storedState(home, job(name)).runningAtMs ?? assert.fail(name);
    }
  });
  after(async () => {
    await gateway?.[Symbol.asyncDispose]();
    await home?.[Symbol.asyncDispose]();
    await model?.[Symbol.asyncDispose]();
  });

  function inStore(statements: string): void {
    const database = new DatabaseSync(databasePath(home), { timeout: 5000 });
    database.exec(statements);
    database.close();
  }

  it("runs that end while the store takes no end of a run keep their marks, and nobody runs them", async () => {
    inStore(refuseEnds(Object.values(startedAt)));
    model.release();
    const idle = () => new Probe(gateway).run(({ global }) => global("openclaw.cron.activeJobs").activeJobs.size === 0);
    await until("no job is active any more", idle, { timeout: 90_000, interval: 200 });
    for (const name of WAYS) {
      assert.equal(storedState(home, job(name)).runningAtMs, startedAt[name], name);
    }
    assert.deepEqual(deeds(gateway), []);
  });

  it("once it takes them again the gateway clears the marks at a tick, and tells nobody", async () => {
    inStore(TAKE_ENDS);
    const cleared = () => WAYS.every((name) => storedState(home, job(name)).runningAtMs === undefined);
    await until("the marks are cleared", cleared, { timeout: 120_000 });
    for (const name of WAYS) {
      assert.deepEqual(
        receipts(home, job(name)).map(({ status }) => status),
        ["interrupted"],
      );
    }
  });

  it("the entry of a run that the timer began is written once, with the true start, into the row that it left", async () => {
    const name = "by the timer";
    const told = new RegExp(`^wrote the missing history job=${job(name)} .*entry=written`);
    await waitForSaying(gateway, told, { timeout: 120_000 });
    const [entry, ...more] = await history(gateway, job(name));
    assert.deepEqual(more, []);
    assert.match(entry?.error ?? "", /^\[synthesized by openclaw-cron-healer\] run lost: the gateway cleared it/);
    assert.equal(entry?.runAtMs, startedAt[name]);
    assert.deepEqual(
      taskRuns(home, job(name)).map(({ status }) => status),
      ["failed"],
    );
  });

  it("a run that was begun by hand the gateway has told itself, with a start of its own: nothing is added", async () => {
    const [entry, ...more] = await history(gateway, job("by hand"));
    assert.deepEqual(more, []);
    assert.match(entry?.error ?? "", /database or disk is full/);
    assert.ok((entry?.runAtMs ?? 0) > (startedAt["by hand"] ?? 0));
  });

  it("more looks add nothing, nor does a restart, and the jobs run", async () => {
    await waitForLooks(gateway, 3);
    await gateway.crashAndRestart();
    await waitForLooks(gateway, 3);
    for (const name of WAYS) {
      await runNow(gateway, job(name));
      await until("the run is in its model call", () => model.release(({ job }) => job === name) > 0);
      const entries = await waitForHistory(gateway, job(name), 2);
      assert.deepEqual(
        entries.map(({ status }) => status),
        ["ok", "error"],
      );
    }
    assert.equal(deeds(gateway).length, 1);
  });
});

/** What a full disk does to the last writes of these runs: mark, task row and receipt stay as they were. */
const refuseEnds = (starts: readonly number[]): string => `
  CREATE TRIGGER no_end_of_mark BEFORE UPDATE ON cron_jobs
    WHEN json_extract(OLD.state_json, '$.runningAtMs') IN (${starts})
      AND json_extract(NEW.state_json, '$.runningAtMs') IS NULL
    BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END;
  CREATE TRIGGER no_end_of_task BEFORE UPDATE ON task_runs
    WHEN OLD.started_at IN (${starts}) AND OLD.status = 'running' AND NEW.status <> 'running'
    BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END;`;
const TAKE_ENDS = "DROP TRIGGER no_end_of_mark; DROP TRIGGER no_end_of_task;";
