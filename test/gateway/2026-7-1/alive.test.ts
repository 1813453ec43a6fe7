import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { BRISK } from "../2026-9-6/configured.ts";
import { LiveRuns } from "../2026-9-6/live-runs.ts";
import { deeds, looksFor, saidOf, waitForSaying } from "../2026-9-6/said.ts";
import type { LogMark } from "../harness/gateway.ts";
import { addJob, history, waitForHistory } from "../harness/jobs.ts";
import { storedState } from "../harness/store.ts";
import { assertUntouched, BOTH_WINDOWS, type Lab, makeLab, OURS, plantAndAdopt } from "./lab.ts";

const CONFIG = { ...BRISK, patience: { floorSeconds: 40 }, jobs: { "in a hook": { patienceSeconds: 40 } } };
const KINDS = ["in its model call", "in a hook", "in its delivery", "on a CLI backend"] as const;

describe("2026.7.1-2, runs that live beside an orphan", { timeout: 400_000 }, () => {
  let lab: Lab;
  let orphan = "";
  const orphans: string[] = [];
  let begun: LogMark;
  const live: Record<string, string> = {};
  const marks: Record<string, number | undefined> = {};
  const job = (name: string): string => live[name] ?? assert.fail(name);

  before(async () => {
    lab = await makeLab(CONFIG, { channel: true, cliBackend: true, cron: { maxConcurrentRuns: 8 } });
    const { gateway, home, model } = lab;
    await gateway.start();
    const runs = new LiveRuns(gateway, model);
    live["in its model call"] = await runs.modelCall("in its model call");
    live["in a hook"] = await runs.hook("in a hook");
    live["in its delivery"] = await runs.channel("in its delivery");
    live["on a CLI backend"] = await runs.commandLine("on a CLI backend");
    orphan = await addJob(gateway, { name: "orphan", model: "fake/fake-1" });
    orphans.push(orphan);
    // Younger than the process: only two looks can tell that nobody runs it.
    await plantAndAdopt(lab, { [orphan]: { runningAtMs: Date.now() } });
    begun = gateway.mark();
    for (const name of KINDS) marks[name] = storedState(home, job(name)).runningAtMs;
  });
  after(() => lab?.[Symbol.asyncDispose]());

  it("the orphan is freed, with one entry", async () => {
    const { gateway, home } = lab;
    await waitForSaying(gateway, new RegExp(`^released job=${orphan} .*entry=written`), { timeout: 120_000 });
    assert.equal(storedState(home, orphan).runningAtMs, undefined);
    const [entry, ...more] = await history(gateway, orphan);
    assert.deepEqual(more, []);
    assert.match(entry?.error ?? "", OURS);
  });

  it("a scheduler without a fenced update, as before 2026.7, is asked through its patch", async () => {
    const { gateway, home, probe } = lab;
    await probe.run(({ state }) => {
      state.contexts.gateway_start.getCron().updateWithPrecondition = undefined;
    });
    const second = await addJob(gateway, { name: "second orphan", model: "fake/fake-1" });
    orphans.push(second);
    await plantAndAdopt(lab, { [second]: { runningAtMs: Date.now() } });
    await waitForSaying(gateway, new RegExp(`^released job=${second} .*entry=written`), { timeout: 120_000 });
    assert.equal(storedState(home, second).runningAtMs, undefined);
    assert.equal((await history(gateway, second)).length, 1);
  });

  it("the plugin looks for longer than both windows", () => looksFor(lab.gateway, BOTH_WINDOWS, begun));

  for (const name of KINDS) {
    it(`a run ${name} is not touched`, () => assertUntouched(lab, job(name), marks[name]));
  }

  it("each run was seen alive in its start window, before it had a session", () => {
    for (const name of KINDS) {
      const [first = ""] = saidOf(lab.gateway, job(name));
      assert.match(first, /^running .* verdict=live .*session=absent/, name);
    }
  });

  it("a run in a hook that never returns is named `hung` beyond its patience", async () => {
    const hung = new RegExp(`^hung: alive outside any session, left alone job=${job("in a hook")} `);
    await waitForSaying(lab.gateway, hung);
  });

  it("each run ends as if we had not been there", async () => {
    const { gateway, model, probe } = lab;
    model.release();
    await probe.release();
    for (const name of ["in its model call", "in a hook", "in its delivery"]) {
      const [entry, ...more] = await waitForHistory(gateway, job(name), 1);
      assert.deepEqual(more, [], name);
      assert.equal(entry?.status, "ok", name);
    }
    const released = deeds(gateway).map((line) => /^released job=(\S+)/.exec(line)?.[1]);
    assert.deepEqual(released, orphans);
  });
});
