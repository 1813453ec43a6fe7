import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { addJob, runNow, waitForHistory } from "../harness/jobs.ts";
import { plantMark } from "../harness/store.ts";
import { until } from "../harness/until.ts";
import {
  ANNOUNCE,
  assertUntouched,
  CLI,
  dueTogether,
  HANGING,
  HOOK,
  type Lab,
  makeLab,
  markOf,
  QUICK,
  watchedBeyondBothWindows,
} from "./lab.ts";

/** The processes of the fake CLI model, one for each run that asked it. */
const cliRuns = ({ home }: Lab): readonly number[] =>
  readFileSync(home.cliLog, { encoding: "utf8", flag: "a+" })
    .split("\n")
    .filter((line) => line.includes('"started"'))
    .map((line) => (JSON.parse(line) as { pid: number }).pid);

const cliAsked = async (lab: Lab, times: number): Promise<void> => {
  await until("the CLI model is asked", () => cliRuns(lab).length >= times, { timeout: 60_000 });
};

const delivers = ({ probe }: Lab) => probe.waitForHeld("channel", { timeout: 60_000 });
const hangsInHook = ({ probe }: Lab) => probe.waitForHeld("hook", { timeout: 60_000 });

/** Looks on beyond both windows: every run is still marked as before and the plugin has not laid hands on it. */
async function stayUntouched(lab: Lab, ids: readonly string[]): Promise<void> {
  const since = lab.gateway.mark();
  const marks = await Promise.all(ids.map((id) => markOf(lab.gateway, id)));
  await watchedBeyondBothWindows(lab.gateway);
  for (const [index, id] of ids.entries()) await assertUntouched(lab, id, { mark: marks[index], since });
}

test("a hanging delivery, a CLI model, a hook that never returns: none is released", {
  timeout: 600_000,
}, async (t) => {
  await using lab = await makeLab(QUICK, HANGING);
  const { gateway, home, model, probe } = lab;
  await gateway.start();
  // One tick starts them in this order, four at once; those without a CLI share a lane with room for one.
  const finished = await addJob(gateway, { name: "finished" });
  const finishedToo = await addJob(gateway, { name: "finished-too" });
  const announce = await addJob(gateway, ANNOUNCE);
  const cli = await addJob(gateway, CLI);
  const hook = await addJob(gateway, HOOK);
  const waitsInLane = await addJob(gateway, { name: "waits-in-lane" });
  const waitsInBatch = await addJob(gateway, { name: "waits-in-batch" });
  const hanging = [announce, cli, hook];
  const batch = [finished, finishedToo, ...hanging, waitsInLane, waitsInBatch];

  await t.test("started by hand", async () => {
    await runNow(gateway, announce);
    await delivers(lab);
    for (const id of [cli, hook]) await runNow(gateway, id);
    await cliAsked(lab, 1);
    await hangsInHook(lab);
    const session = Object.keys(await probe.embeddedRuns());
    assert.deepEqual(
      session.filter((key) => key.includes(announce) || key.includes(cli)),
      [],
      "no session shows them",
    );
    await stayUntouched(lab, hanging);
  });

  await t.test("started by the timer, nor is a finished peer of their batch or a run that waits its turn", async () => {
    await gateway.crashAndRestart();
    for (const id of hanging) await waitForHistory(gateway, id, 1);
    await dueTogether(gateway, batch);
    await delivers(lab);
    await cliAsked(lab, 2);
    await hangsInHook(lab);
    await stayUntouched(lab, batch);
    assert.equal(model.of("finished").at(-1)?.end, "answered");
    assert.deepEqual(model.of("waits-in-lane"), []);
    assert.deepEqual(model.of("waits-in-batch"), []);
  });

  await t.test("caught up after a start, nor are those that wait for their turn in it", async () => {
    await gateway.kill9();
    const now = Date.now();
    for (const [index, id] of [announce, hook, cli, waitsInBatch].entries()) {
      plantMark(home, id, { nextRunAtMs: now - 60_000 + index * 1000 });
    }
    const inTurn = [announce, hook, cli, waitsInBatch];
    await gateway.start();
    await gateway.waitForLine(/running missed jobs after restart/);
    // The killed runs have their history now; from here on nothing may be written.
    for (const id of hanging) await waitForHistory(gateway, id, 2);
    await waitForHistory(gateway, waitsInBatch, 1);
    await delivers(lab);
    // An update arms the scheduler's timer, as any edit of a job does: the catch-up is not over for that.
    await gateway.call("cron.update", { id: finished, patch: { name: "finished" } });
    await stayUntouched(lab, inTurn);
    await probe.release();
    await hangsInHook(lab);
    await stayUntouched(lab, [hook, cli, waitsInBatch]);
    const asked = cliRuns(lab).length;
    await until("no hook is held", async () => (await probe.release()) === 0, { interval: 500 });
    await cliAsked(lab, asked + 1);
    await stayUntouched(lab, [cli, waitsInBatch]);
  });
});
