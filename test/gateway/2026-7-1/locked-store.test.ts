import assert from "node:assert/strict";
import { test } from "node:test";
import { looksFor, waitForSaying } from "../2026-9-6/said.ts";
import { addJob, history } from "../harness/jobs.ts";
import { StoreLock } from "./failed-writes.ts";
import { makeLab, plantAndAdopt } from "./lab.ts";

test("2026.7.1-2: a store that is locked while a mark is to be released delays the release, not the gateway", {
  timeout: 300_000,
}, async () => {
  await using lab = await makeLab();
  const { gateway, probe } = lab;
  await gateway.start();
  const job = await addJob(gateway, { name: "later" });
  await plantAndAdopt(lab, { [job]: { runningAtMs: Date.now() } });
  const since = gateway.mark();
  await looksFor(gateway, 30, since);
  await probe.run(async ({ state, module }) => {
    const { monitorEventLoopDelay } = await module("node:perf_hooks");
    state.delay = monitorEventLoopDelay({ resolution: 5 });
    state.delay.enable();
  });
  {
    using _lock = new StoreLock(gateway);
    const locked = new RegExp(`^could not be released job=${job} .*"the database is locked"`);
    const line = await waitForSaying(gateway, locked, { since });
    const [, took = ""] = / took=([\d.]+)s /.exec(line) ?? [];
    assert.ok(Number(took) >= 1 && Number(took) < 4, `it gave up after ${took} s`);
    const longest = await probe.run(({ state }) => state.delay.max / 1e6);
    assert.ok(longest < 500, `the event loop stood still for ${longest} ms`);
    assert.deepEqual(await history(gateway, job), []);
  }
  await waitForSaying(gateway, new RegExp(`^released job=${job} .*entry=written`), { since });
  assert.equal((await history(gateway, job)).length, 1);
});
