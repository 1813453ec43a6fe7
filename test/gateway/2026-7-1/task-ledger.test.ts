import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { history } from "../harness/jobs.ts";
import { storedHistory, taskRuns } from "../harness/store.ts";
import { type LostRun, lockBehindTheLedger, timerRun } from "./failed-writes.ts";
import type { Lab } from "./lab.ts";
import {
  assertOrphaned,
  assertServedOnce,
  assertSettled,
  assertStuck,
  heal,
  makeObservingLab,
  releasedOnce,
} from "./lost-runs.ts";

const RESTORED = "[synthesized by openclaw-cron-healer] restored from the gateway's task ledger: fake answer";

describe("2026.7.1-2, the store is locked right behind the task ledger's last write", { timeout: 1_200_000 }, () => {
  let lab: Lab;
  let run: LostRun;
  let line = "";

  before(async () => {
    lab = await makeObservingLab();
    await lab.gateway.start();
  });
  after(() => lab?.[Symbol.asyncDispose]());

  it("the mark stays, the ledger alone knows that the run succeeded", async () => {
    run = await timerRun(lab, "ledger");
    await lockBehindTheLedger(lab, run);
    await assertOrphaned(lab, run);
    assert.deepEqual(storedHistory(lab.home, run.job), []);
    assert.deepEqual(
      taskRuns(lab.home, run.job).map(({ status }) => status),
      ["succeeded"],
    );
  });

  it("without a deed of the plugin the job is stuck", () => assertStuck(lab, [run]));

  it("with it the job is released, once", async () => {
    [line = ""] = await heal(lab, [run]);
    assert.ok(releasedOnce(lab, run));
  });

  it("what the ledger told is restored, once: status, start and duration", async () => {
    assert.match(line, /entry="restored from the task ledger" result=ok$/);
    const [entry, ...more] = await history(lab.gateway, run.job);
    assert.deepEqual(more, []);
    const [task] = taskRuns(lab.home, run.job);
    assert.equal(entry?.status, "ok");
    assert.equal(entry?.error, undefined);
    assert.ok(entry?.summary?.startsWith(RESTORED), entry?.summary);
    assert.equal(entry?.runAtMs, task?.started_at);
    assert.equal(entry?.durationMs, Number(task?.ended_at) - Number(task?.started_at));
    assertSettled(lab, run, entry);
  });

  it("the slot that was served is not run once more", () => assertServedOnce(lab, run));
});
