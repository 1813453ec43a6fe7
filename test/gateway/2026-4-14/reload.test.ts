import assert from "node:assert/strict";
import { test } from "node:test";
import { cli } from "../harness/cli.ts";
import { addJob, listed, runNow } from "../harness/jobs.ts";
import { HEALER } from "../harness/plugin.ts";
import { storedHistory, storedState } from "../harness/store.ts";
import { until } from "../harness/until.ts";
import {
  ANNOUNCE,
  assertUntouched,
  dueTogether,
  HANGING,
  type Lab,
  makeLab,
  markOf,
  ourEntries,
  passes,
  QUICK,
  said,
  saidOf,
  waitUntilSaid,
  watchedBeyondBothWindows,
} from "./lab.ts";

const SETTINGS = `plugins.entries.${HEALER}.config`;
const RESTARTED = /restart mode: in-process restart/;

/** A restart waits six seconds for live runs, then leaves them behind. */
const IMPATIENT = { ...HANGING.config, gateway: { reload: { deferralTimeoutMs: 6000 } } };

async function command({ gateway }: Lab, ...words: readonly string[]): Promise<void> {
  const { code, stderr } = await cli(gateway, ...words);
  assert.equal(code, 0, stderr);
}

/** A delivery hangs: no abort ends it, and no session shows it. */
async function startDelivery({ gateway, probe }: Lab): Promise<{ readonly job: string; readonly mark: number }> {
  const job = await addJob(gateway, ANNOUNCE);
  await runNow(gateway, job);
  await probe.waitForHeld("channel");
  return { job, mark: await markOf(gateway, job) };
}

/** The plugin, in its life after the restart, looks on beyond both windows. */
async function staysUntouched(lab: Lab, job: string, mark: number): Promise<void> {
  const since = lab.gateway.mark();
  await watchedBeyondBothWindows(lab.gateway);
  await assertUntouched(lab, job, { since });
  const { state } = await listed(lab.gateway, job);
  assert.ok(Math.abs((state.runningAtMs ?? 0) - mark) < 50, "the mark stands");
  assert.deepEqual(ourEntries(lab.home, job), []);
}

test("a changed setting takes effect without a restart, and a live run is left alone", {
  timeout: 240_000,
}, async () => {
  await using lab = await makeLab({ ...QUICK, mode: "observe" });
  const { gateway, model } = lab;
  await gateway.start();
  await waitUntilSaid(gateway, /^ready mode=observe /);
  const job = await addJob(gateway, { name: "live", prompt: "[[hang]]" });
  await runNow(gateway, job);
  await model.waitForRequest(({ job: name }) => name === "live");
  const mark = await markOf(gateway, job);

  const since = gateway.mark();
  await command(lab, "config", "set", `${SETTINGS}.mode`, "heal");
  await waitUntilSaid(gateway, /^ready mode=heal /, since);
  await command(lab, "config", "set", `${SETTINGS}.logLevel`, "info");
  await until(
    "the debug lines end",
    () => {
      const lately = said(gateway).at(-1);
      return lately !== undefined && Date.now() - lately.at > 11_000;
    },
    { timeout: 90_000 },
  );
  await command(lab, "config", "set", `${SETTINGS}.logLevel`, "debug");
  await passes(gateway, 3);
  assert.deepEqual(
    gateway.linesSince(since).filter(({ text }) => RESTARTED.test(text) || /^ready \(/.test(text)),
    [],
  );
  await assertUntouched(lab, job, { mark });
  assert.equal(model.of("live").length, 1);
  assert.equal(model.release(), 1);
});

test("a hot reload of cron.* leaves runs of the old scheduler alone, begun or waiting", {
  timeout: 300_000,
}, async () => {
  await using lab = await makeLab(QUICK, { ...HANGING, cron: { maxConcurrentRuns: 1 } });
  const { gateway, home, probe } = lab;
  await gateway.start();
  const begun = await addJob(gateway, ANNOUNCE);
  const waits = await addJob(gateway, { name: "waits" });
  await dueTogether(gateway, [begun, waits]);
  await probe.waitForHeld("channel");
  const marks = [await markOf(gateway, begun), await markOf(gateway, waits)];

  const since = gateway.mark();
  await command(lab, "config", "set", "cron.enabled", "false");
  await gateway.waitForLine(/^cron: disabled$/, { since });
  // Nothing but its own tick refers to the old scheduler any more: the collector must not take our watch of it away.
  await probe.run(async ({ module }) => {
    const { setFlagsFromString } = await module("node:v8");
    const { runInNewContext } = await module("node:vm");
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc");
    for (let round = 0; round < 5; round += 1) {
      collect();
      await new Promise((later) => setTimeout(later, 50));
    }
  });
  await watchedBeyondBothWindows(gateway);
  for (const [index, id] of [begun, waits].entries()) {
    await assertUntouched(lab, id);
    const { state } = await listed(gateway, id);
    assert.ok(Math.abs((state.runningAtMs ?? 0) - (marks[index] ?? 0)) < 50, "the mark stands");
  }

  await probe.release();
  await until("the old scheduler runs its batch to the end", () => storedHistory(home, waits).length > 0, {
    timeout: 60_000,
  });
  assert.deepEqual([...ourEntries(home, begun), ...ourEntries(home, waits)], []);
});

test("restarts in place and the plugin's own comings and goings release no live run", {
  timeout: 500_000,
}, async (t) => {
  // With the scheduler off nobody wipes the mark: what holds it is our own watch, over all these lives.
  await using lab = await makeLab(QUICK, { ...HANGING, config: IMPATIENT });
  const { gateway } = lab;
  await gateway.start({ scheduler: "off" });
  const { job, mark } = await startDelivery(lab);
  const { pid } = gateway;

  await t.test("SIGUSR1", async () => {
    const since = gateway.mark();
    process.kill(pid, "SIGUSR1");
    await gateway.waitForLine(RESTARTED, { since, timeout: 120_000 });
    await waitUntilSaid(gateway, /^ready /, since, 60_000);
    await staysUntouched(lab, job, mark);
    assert.ok(
      saidOf(gateway, job, since).some(({ text }) => /ledger=live/.test(text)),
      "our watch still knows the run",
    );
  });

  await t.test("plugins disable, plugins enable", async () => {
    const disabled = gateway.mark();
    await command(lab, "plugins", "disable", HEALER);
    await gateway.waitForLine(RESTARTED, { since: disabled, timeout: 120_000 });
    await gateway.waitForLine(/^ready \(/, { since: disabled, timeout: 120_000 });
    const enabled = gateway.mark();
    await command(lab, "plugins", "enable", HEALER);
    await waitUntilSaid(gateway, /^ready /, enabled, 60_000);
    assert.equal(gateway.pid, pid);
    await staysUntouched(lab, job, mark);
  });
});

test("a plugin that comes into a running gateway releases nothing that it did not see begin", {
  timeout: 300_000,
}, async () => {
  const plugins = { entries: { [HEALER]: { enabled: false } } };
  await using lab = await makeLab(QUICK, { ...HANGING, config: { ...IMPATIENT, plugins } });
  const { gateway, home } = lab;
  await gateway.start({ scheduler: "off" });
  const { job, mark } = await startDelivery(lab);
  await command(lab, "plugins", "enable", HEALER);
  await waitUntilSaid(gateway, /^ready .*no run watch from birth/, undefined, 60_000);
  await staysUntouched(lab, job, mark);
  assert.ok(saidOf(gateway, job).some(({ text }) => /evidence=incomplete/.test(text)));
  assert.ok(Math.abs((storedState(home, job).runningAtMs ?? 0) - mark) < 50);
});
