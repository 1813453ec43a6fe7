import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { BRISK } from "../2026-9-6/configured.ts";
import { looksFor, said, saidOf } from "../2026-9-6/said.ts";
import { addJob, history, waitForHistory } from "../harness/jobs.ts";
import { storedState } from "../harness/store.ts";
import { until } from "../harness/until.ts";
import { assertUntouched, BOTH_WINDOWS, dueTogether, type Lab, makeLab } from "./lab.ts";

const MEMBERS = ["finished", "hangs", "hangs too", "waits", "waits too"] as const;

const CONFIG = { ...BRISK, patience: { floorSeconds: 40 }, jobs: { waits: { patienceSeconds: 40 } } };

describe("2026.7.1-2, a batch that does not end", { timeout: 300_000 }, () => {
  let lab: Lab;
  const jobs: Record<string, string> = {};
  const marks: Record<string, number | undefined> = {};
  const job = (name: string): string => jobs[name] ?? assert.fail(name);

  before(async () => {
    lab = await makeLab(CONFIG, { cron: { maxConcurrentRuns: 2 } });
    const { gateway, model, home } = lab;
    await gateway.start();
    for (const name of MEMBERS) {
      const prompt = name.startsWith("hangs") ? "[[hang]]" : "[[answer]]";
      jobs[name] = await addJob(gateway, { name, prompt });
    }
    await dueTogether(gateway, Object.values(jobs));
    for (const name of ["hangs", "hangs too"]) {
      await model.waitForRequest((request) => request.job === name, { timeout: 60_000 });
    }
    for (const name of MEMBERS) marks[name] = storedState(home, job(name)).runningAtMs;
  });
  after(() => lab?.[Symbol.asyncDispose]());

  it("one member has finished and keeps its mark, others have not begun and have theirs", async () => {
    const { model, gateway } = lab;
    assert.deepEqual(
      MEMBERS.map((name) => model.of(name).map(({ end }) => end ?? "open")),
      [["answered"], ["open"], ["open"], [], []],
    );
    for (const name of MEMBERS) {
      assert.equal(typeof marks[name], "number", name);
      assert.deepEqual(await history(gateway, job(name)), [], name);
    }
  });

  it("for longer than both windows none of them is touched", async () => {
    const { gateway } = lab;
    await looksFor(gateway, BOTH_WINDOWS);
    for (const name of MEMBERS) await assertUntouched(lab, job(name), marks[name]);
    assert.deepEqual(
      said(gateway).filter((line) => / verdict=orphan /.test(line)),
      [],
    );
  });

  it("a member that waits beyond its patience is named so, with the members that hold the batch", () => {
    const line = saidOf(lab.gateway, job("waits")).find((each) => each.startsWith("still waiting beyond its patience"));
    assert.match(line ?? "", / verdict=waiting .*held by job /);
    assert.ok(line?.includes(job("hangs")));
  });

  it("when the batch ends each run has its own result, once", async () => {
    const { gateway, model, home } = lab;
    model.release();
    for (const name of MEMBERS) {
      const [entry, ...more] = await waitForHistory(gateway, job(name), 1);
      assert.deepEqual(more, [], name);
      assert.equal(entry?.status, "ok", name);
    }
    const unmarked = () => MEMBERS.every((name) => storedState(home, job(name)).runningAtMs === undefined);
    await until("every mark is gone", unmarked);
  });
});
