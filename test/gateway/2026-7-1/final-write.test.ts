import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { said, waitForSaying } from "../2026-9-6/said.ts";
import { addJob, history, makeDue, runNow, waitForHistory } from "../harness/jobs.ts";
import { databasePath, storedHistory, storedState, taskRuns } from "../harness/store.ts";
import { until } from "../harness/until.ts";
import { deedsOn, inMemory, type Lab, makeLab, OURS } from "./lab.ts";

/** The gateway waits 30 s for a locked store at each of its writes: the task ledger, the jobs, the history. */
const LEDGER_AND_JOBS = 75;
const ALL_THREE = 105;

describe("2026.7.1-2, the last write of a run fails", { timeout: 600_000 }, () => {
  let lab: Lab;

  before(async () => {
    lab = await makeLab();
    await lab.gateway.start();
  });
  after(() => lab?.[Symbol.asyncDispose]());

  it("a run that ended ok keeps its mark, which is cleared with nothing invented", async () => {
    const { gateway, home, model } = lab;
    const job = await lostWrite("ok", {}, LEDGER_AND_JOBS);
    const [entry, ...none] = storedHistory(home, job);
    assert.deepEqual(none, []);
    assert.equal(entry?.status, "ok");
    const line = await waitForSaying(gateway, new RegExp(`^released job=${job} `), { timeout: 150_000 });
    assert.match(line, /why="every witness absent at two looks" .*entry="already there"/);
    assert.equal(storedState(home, job).runningAtMs, undefined);
    assert.equal(await inMemory(gateway, job), undefined);
    assert.deepEqual(
      (await history(gateway, job)).map(({ ts, status }) => ({ ts, status })),
      [{ ts: entry?.ts, status: "ok" }],
    );
    assert.equal((await runNow(gateway, job)).kind, "enqueued");
    await model.waitForRequest((request) => request.job === "ok" && request.end === undefined);
    model.release();
    assert.equal((await waitForHistory(gateway, job, 2))[0]?.status, "ok");
  });

  it("a run that timed out, and of which nothing was written, gets its one entry", async (t) => {
    const { gateway, home } = lab;
    const job = await lostWrite("timed out", { prompt: "[[hang]]", timeoutSeconds: 20 }, ALL_THREE);
    t.diagnostic(`task ledger: ${taskRuns(home, job).map(({ status }) => status)}`);
    if (storedHistory(home, job).length > 0) t.diagnostic("the gateway wrote its entry after all");
    const before = storedHistory(home, job);
    await waitForSaying(gateway, new RegExp(`^released job=${job} `), { timeout: 150_000 });
    const [entry, ...more] = await history(gateway, job);
    assert.deepEqual(more, []);
    if (before.length === 0) assert.match(entry?.error ?? "", OURS);
    else assert.equal(entry?.ts, before[0]?.ts);
    assert.equal(storedState(home, job).runningAtMs, undefined);
    assert.equal(await inMemory(gateway, job), undefined);
  });

  it("nothing was released twice", () => {
    const released = said(lab.gateway).filter((line) => line.startsWith("released"));
    assert.equal(new Set(released.map((line) => /job=(\S+)/.exec(line)?.[1])).size, released.length);
  });

  /** A timer run across whose end somebody else has locked the store; its mark stays where the scheduler will read it. */
  async function lostWrite(name: string, spec: { prompt?: string; timeoutSeconds?: number }, seconds: number) {
    const { gateway, home, model } = lab;
    const job = await addJob(gateway, { name, prompt: "[[hang]]", ...spec });
    await makeDue(gateway, job);
    await model.waitForRequest((request) => request.job === name, { timeout: 60_000 });
    const mark = storedState(home, job).runningAtMs;
    const since = gateway.mark();
    const database = new DatabaseSync(databasePath(home), { timeout: 5000 });
    database.exec("BEGIN IMMEDIATE");
    if (spec.timeoutSeconds === undefined) model.release((request) => request.job === name);
    else await until("the model is cut off", () => model.of(name)[0]?.end === "cut", { timeout: 60_000 });
    await sleep(seconds * 1000);
    database.exec("ROLLBACK");
    database.close();
    await gateway.waitForLine(/timer tick failed/, { since, timeout: 120_000 });
    assert.equal(storedState(home, job).runningAtMs, mark, "the mark is still in the store");
    assert.deepEqual(deedsOn(gateway, job), []);
    return job;
  }
});
