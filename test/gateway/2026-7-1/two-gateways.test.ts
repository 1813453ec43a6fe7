import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { looksFor, said, waitForSaying } from "../2026-9-6/said.ts";
import { Gateway } from "../harness/gateway.ts";
import { type Home, makeHome } from "../harness/home.ts";
import { addJob, history, listed, runNow } from "../harness/jobs.ts";
import { storedHistory, storedState } from "../harness/store.ts";
import { until } from "../harness/until.ts";
import { assertUntouched, BOTH_WINDOWS, inMemory, type Lab, makeLab, OURS, VERSION } from "./lab.ts";

describe("2026.7.1-2, two gateways on one state folder", { timeout: 400_000 }, () => {
  let lab: Lab;
  let otherHome: Home;
  let other: Gateway;
  let job = "";
  let mark: number | undefined;

  before(async () => {
    lab = await makeLab();
    const { gateway, home, model } = lab;
    const { OPENCLAW_STATE_DIR = "", TMPDIR = "" } = home.env;
    // Its own config and port: this generation lets it in.
    otherHome = await makeHome({ version: VERSION, model, env: { OPENCLAW_STATE_DIR, TMPDIR } });
    other = new Gateway(otherHome);
    await gateway.start();
    job = await addJob(gateway, { name: "there", prompt: "[[hang]]" });
    await other.start();
    await addJob(gateway, { name: "next", at: new Date(Date.now() + 8000) });
    await runNow(other, job);
    await model.waitForRequest((request) => request.job === "there", { timeout: 60_000 });
    mark = await inMemory(other, job);
    const adopted = async () => (await listed(gateway, job)).status === "running";
    await until("our gateway has adopted the mark", adopted, { timeout: 120_000, interval: 500 });
  });
  after(async () => {
    await other?.[Symbol.asyncDispose]();
    await otherHome?.[Symbol.asyncDispose]();
    await lab?.[Symbol.asyncDispose]();
  });

  it("a run that lives in the other one is not released, and why is said once", async () => {
    const { gateway } = lab;
    await looksFor(gateway, BOTH_WINDOWS);
    await assertUntouched(lab, job, mark);
    const refusals = said(gateway).filter((line) => /^not watching all jobs .*has the same state folder/.test(line));
    assert.equal(refusals.length, 1);
    assert.match(refusals[0] ?? "", new RegExp(`because="gateway pid ${other.pid} `));
  });

  it("when that one is gone, the mark that it leaves behind is freed with one entry", async () => {
    const { gateway, home } = lab;
    await other.kill9();
    await waitForSaying(gateway, new RegExp(`^released job=${job} .*other-gateway=absent`), { timeout: 120_000 });
    const [entry, ...more] = await history(gateway, job);
    assert.deepEqual(more, []);
    assert.match(entry?.error ?? "", OURS);
    assert.equal(entry?.runAtMs, mark);
    assert.equal(storedState(home, job).runningAtMs, undefined);
    assert.equal(storedHistory(home, job).length, 1);
  });
});
