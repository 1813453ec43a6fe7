import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { history } from "../harness/jobs.ts";
import { storedHistory } from "../harness/store.ts";
import { type LostRun, lockOverAllThree, lockOverLedgerAndJob, timerRun } from "./failed-writes.ts";
import { type Lab, OURS } from "./lab.ts";
import {
  assertOrphaned,
  assertServedOnce,
  assertSettled,
  assertStuck,
  heal,
  makeObservingLab,
  releasedOnce,
} from "./lost-runs.ts";

describe("2026.7.1-2, the store is locked while a run ends", { timeout: 1_500_000 }, () => {
  let lab: Lab;
  let ok: LostRun;
  let late: LostRun;
  let lines: readonly string[] = [];

  before(async () => {
    lab = await makeObservingLab();
    await lab.gateway.start();
  });
  after(() => lab?.[Symbol.asyncDispose]());

  it("over ledger and job: the mark stays beside the run's own entry", async () => {
    ok = await timerRun(lab, "ok");
    await lockOverLedgerAndJob(lab, ok);
    await assertOrphaned(lab, ok);
    assert.deepEqual(
      storedHistory(lab.home, ok.job).map(({ status }) => status),
      ["ok"],
    );
  });

  it("over ledger, job and history, the run timed out: the mark stays, nothing tells of the run", async () => {
    late = await timerRun(lab, "late", { timeoutSeconds: 20 });
    await lockOverAllThree(lab, late);
    await assertOrphaned(lab, late);
    assert.deepEqual(storedHistory(lab.home, late.job), []);
  });

  it("without a deed of the plugin both jobs are stuck", () => assertStuck(lab, [ok, late]));

  it("with it both are released, once", async () => {
    lines = await heal(lab, [ok, late]);
    for (const run of [ok, late]) assert.ok(releasedOnce(lab, run));
  });

  it("what the history told stands alone, and the job's state tells it too", async () => {
    assert.match(lines[0] ?? "", /entry="already there" result=ok$/);
    const [entry, ...more] = await history(lab.gateway, ok.job);
    assert.deepEqual(more, []);
    assert.equal(entry?.status, "ok");
    assertSettled(lab, ok, entry);
  });

  it("the run of which nothing was written gets its one entry", () => {
    assert.match(lines[1] ?? "", /entry=written$/);
    const [entry, ...more] = storedHistory(lab.home, late.job).filter(({ error }) => OURS.test(error ?? ""));
    assert.deepEqual(more, []);
    assert.equal(entry?.runAtMs, late.mark);
  });

  it("the slot that was served is not run once more", () => assertServedOnce(lab, ok));
});
