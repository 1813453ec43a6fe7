import assert from "node:assert/strict";
import { test } from "node:test";
import { Gateway } from "../harness/gateway.ts";
import { makeHome } from "../harness/home.ts";
import { addJob, history, listed, makeDue, runNow, waitForHistory } from "../harness/jobs.ts";
import { storedHistory, storedState } from "../harness/store.ts";
import { until } from "../harness/until.ts";
import { assertUntouched, makeLab, markOf, ourEntries, passes, QUICK, said, watchedBeyondBothWindows } from "./lab.ts";

test("runs of another gateway on the same state folder are left alone", { timeout: 400_000 }, async (t) => {
  await using lab = await makeLab(QUICK);
  const { gateway: ours, home, model } = lab;
  const { OPENCLAW_STATE_DIR = "", TMPDIR = "" } = home.env;
  // Its own config and port: 2026.4.14 keys its lock by the config file and lets it in.
  await using otherHome = await makeHome({ version: "2026.4.14", model, env: { OPENCLAW_STATE_DIR, TMPDIR } });
  await using other = new Gateway(otherHome);
  await ours.start();
  const first = await addJob(ours, { name: "first", prompt: "[[hang]]" });
  const second = await addJob(ours, { name: "second", prompt: "[[hang]]" });
  const ticker = await addJob(ours, { name: "ticker" });
  const hangsThere = async (id: string, name: string): Promise<number> => {
    await runNow(other, id);
    await model.waitForRequest(({ job, endedAt }) => job === name && endedAt === undefined);
    return markOf(other, id);
  };
  /** Only a tick makes our gateway read what the other one has written. */
  const adoptedHere = async (id: string): Promise<void> => {
    await until("our gateway has adopted the mark", async () => (await listed(ours, id)).state.runningAtMs, {
      timeout: 90_000,
      interval: 200,
    });
  };

  await t.test("a live run there is not released, and why is said once", async () => {
    await other.start();
    await makeDue(ours, ticker, 8000);
    const mark = await hangsThere(first, "first");
    await adoptedHere(first);
    await watchedBeyondBothWindows(ours);
    await assertUntouched(lab, first, { mark });
    const refusals = said(ours).filter(({ level, text }) => level === "warn" && /has the same state folder/.test(text));
    assert.equal(refusals.length, 1);
    assert.match(refusals[0]?.text ?? "", new RegExp(`^not watching all jobs because="gateway pid ${other.pid} `));
  });

  await t.test("when that gateway is gone, the mark that it leaves behind is released with one entry", async () => {
    const { runningAtMs } = storedState(home, first);
    await other.kill9();
    const [entry] = await waitForHistory(ours, first, 1, { timeout: 90_000 });
    assert.equal(entry?.runAtMs, runningAtMs);
    assert.equal((await listed(ours, first)).state.runningAtMs, undefined);
    assert.equal(ourEntries(home, first).length, 1);
  });

  await t.test("a start of ours which wipes its mark writes no entry, though its scheduler is off", async () => {
    await other.start({ scheduler: "off" });
    const mark = await hangsThere(second, "second");
    assert.equal(storedState(home, second).runningAtMs, mark);
    await ours.crashAndRestart();
    await ours.waitForLine(/clearing stale running marker on startup/);
    // No windows here: what is proven is written at once.
    await passes(ours, 4);
    await assertUntouched(lab, second);
    assert.deepEqual(await history(ours, second), []);
  });

  await t.test("and the run is told by the gateway that ran it", async () => {
    model.release();
    await until("the other gateway writes its entry", () => storedHistory(home, second).length > 0);
    await passes(ours, 4);
    assert.equal(storedHistory(home, second).length, 1);
    await assertUntouched(lab, second);
  });
});
