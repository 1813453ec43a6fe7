import assert from "node:assert/strict";
import { test } from "node:test";
import { assertUntouched, markOf, ourEntries, said, watchedBeyondBothWindows } from "../2026-4-14/lab.ts";
import { Gateway } from "../harness/gateway.ts";
import { makeHome } from "../harness/home.ts";
import { addJob, listed, makeDue, runNow, waitForHistory } from "../harness/jobs.ts";
import { storedHistory, storedState } from "../harness/store.ts";
import { until } from "../harness/until.ts";
import { makeLab, VERSION } from "./lab.ts";

test("runs of another gateway on the same state folder", { timeout: 400_000 }, async (t) => {
  await using lab = await makeLab();
  const { gateway: ours, home, model } = lab;
  const { OPENCLAW_STATE_DIR = "", TMPDIR = "" } = home.env;
  // Its own config and port: 2026.5.28 keys its lock by the config file and lets it in.
  await using otherHome = await makeHome({ version: VERSION, model, env: { OPENCLAW_STATE_DIR, TMPDIR } });
  await using other = new Gateway(otherHome);
  await ours.start();
  const job = await addJob(ours, { name: "there", prompt: "[[hang]]" });
  const ticker = await addJob(ours, { name: "ticker" });

  await t.test("are left alone, and why is said once", async () => {
    await other.start();
    await makeDue(ours, ticker, 8000);
    await runNow(other, job);
    await model.waitForRequest(({ job: name, endedAt }) => name === "there" && endedAt === undefined);
    const mark = await markOf(other, job);
    // Only a tick makes our gateway read what the other one has written.
    const adopted = async () => (await listed(ours, job)).state.runningAtMs === mark;
    await until("our gateway has adopted the mark", adopted, { timeout: 90_000, interval: 200 });
    await watchedBeyondBothWindows(ours);
    await assertUntouched(lab, job, { mark });
    const refusals = said(ours).filter(({ level, text }) => level === "warn" && /has the same state folder/.test(text));
    assert.equal(refusals.length, 1);
    assert.match(refusals[0]?.text ?? "", new RegExp(`^not watching all jobs because="gateway pid ${other.pid} `));
  });

  await t.test("are released with one entry when that gateway is gone", async () => {
    const { runningAtMs } = storedState(home, job);
    await other.kill9();
    const [entry] = await waitForHistory(ours, job, 1, { timeout: 90_000 });
    assert.equal(entry?.runAtMs, runningAtMs);
    await until("its mark is gone", async () => (await listed(ours, job)).state.runningAtMs === undefined);
    assert.equal(ourEntries(home, job).length, 1);
    assert.equal(storedHistory(home, job).length, 1);
  });
});
