import assert from "node:assert/strict";
import { test } from "node:test";
import { Gateway } from "../harness/gateway.ts";
import { makeHome } from "../harness/home.ts";
import { addJob, history, type Job, listed, runNow, waitForHistory } from "../harness/jobs.ts";
import { FakeModel } from "../harness/model.ts";
import { healer } from "../harness/plugin.ts";
import { Probe } from "../harness/probe.ts";
import { plantMark, receipts, storedState } from "../harness/store.ts";
import { until } from "../harness/until.ts";
import { BRISK } from "./configured.ts";
import { deeds, said, saidOf, waitForLooks, waitForSaying } from "./said.ts";

type SystemJob = Job & { readonly payload: { readonly kind: string } };

test("2026.9.6: for half a minute after its time-out a run looks like a wedge, and is not called one", {
  timeout: 300_000,
}, async (t) => {
  await using model = await FakeModel.start();
  await using home = await makeHome({ version: "2026.9.6", model, plugins: [await healer(BRISK)] });
  await using gateway = new Gateway(home);
  const probe = new Probe(gateway);
  await gateway.start();
  const job = await addJob(gateway, { name: "hook", prompt: "[[hookhang]]", timeoutSeconds: 20 });
  await runNow(gateway, job);
  await probe.waitForHeld("hook", { timeout: 60_000 });
  const [entry] = await waitForHistory(gateway, job, 1, { timeout: 90_000 });
  assert.equal(entry?.status, "error");
  const looksWedged = () => storedState(home, job).runningAtMs === undefined && statusOf() === "running";
  const statusOf = () => receipts(home, job).at(-1)?.status;
  await until("the mark is gone, the receipt still holds the job", looksWedged);
  const since = performance.now();
  await waitForSaying(gateway, new RegExp(` job=${job} .*verdict=unknown .*may still be settling`));
  await until("the gateway lets go of the receipt", () => statusOf() !== "running", { timeout: 90_000 });
  t.diagnostic(`the receipt outlived the entry by ${Math.round((performance.now() - since) / 1000)} s`);
  await waitForLooks(gateway, 2);
  assert.deepEqual(
    said(gateway).filter((line) => line.startsWith("wedged")),
    [],
  );
  assert.deepEqual(deeds(gateway), []);
  assert.equal((await history(gateway, job)).length, 1);
});

test("2026.9.6: jobs that the gateway adds by itself and that are no agent's turn are not ours", {
  timeout: 180_000,
}, async (t) => {
  await using model = await FakeModel.start();
  await using home = await makeHome({
    version: "2026.9.6",
    model,
    plugins: [await healer(BRISK)],
    config: { agents: { defaults: { heartbeat: { every: "30m" } } } },
  });
  await using gateway = new Gateway(home);
  await gateway.start();
  const system = await until("the gateway has added jobs of its own", async () => {
    const { jobs } = await gateway.call<{ jobs: readonly SystemJob[] }>("cron.list", { includeDisabled: true });
    return jobs.length > 0 && jobs;
  });
  t.diagnostic(system.map(({ name, payload }) => `${name}: ${payload.kind}`).join(", "));
  const others = system.filter(({ payload }) => payload.kind !== "agentTurn");
  assert.notEqual(others.length, 0);
  const ours = await addJob(gateway, { name: "ours" });
  await gateway.kill9();
  for (const id of [ours, ...others.map(({ id }) => id)]) plantMark(home, id, { runningAtMs: Date.now() - 600_000 });
  await gateway.start({ scheduler: "off" });
  await waitForSaying(gateway, new RegExp(`^released job=${ours} `));
  await waitForLooks(gateway, 2);
  for (const { id, name } of others) {
    assert.equal(typeof storedState(home, id).runningAtMs, "number", name);
    assert.deepEqual(saidOf(gateway, id), [], name);
  }
  assert.equal((await listed(gateway, ours)).state.runningAtMs, undefined);
});
