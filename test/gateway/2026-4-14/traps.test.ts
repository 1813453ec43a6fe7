import assert from "node:assert/strict";
import { test } from "node:test";
import { addJob, makeDue, runNow, waitForHistory } from "../harness/jobs.ts";
import { plantMark, storedHistory } from "../harness/store.ts";
import { hasTimer, stopTicks } from "../harness/timer.ts";
import { makeLab, markOf, ourEntries, passes, saidOf, waitUntilSaid } from "./lab.ts";

const THREE_HOURS = 3 * 3_600_000;

test("2026.4.14: what this gateway does that others do not", { timeout: 700_000 }, async (t) => {
  await using lab = await makeLab();
  const { gateway, home, model, probe } = lab;
  await gateway.start();
  const old = await addJob(gateway, { name: "old" });
  const orphan = await addJob(gateway, { name: "orphan" });
  const ticker = await addJob(gateway, { name: "ticker" });

  await t.test("a run is seen alive as it begins, by what needs no session", async () => {
    const begins = await addJob(gateway, { name: "begins", prompt: "[[hang]]" });
    await runNow(gateway, begins);
    await model.waitForRequest(({ job }) => job === "begins", { timeout: 90_000 });
    const [first] = saidOf(gateway, begins);
    assert.match(first?.text ?? "", /^running .* verdict=live .*ledger=live\(/);
    model.release();
    await waitForHistory(gateway, begins, 1);
  });

  await t.test("a mark of more than two hours is wiped at its start; its run has its entry from before", async () => {
    await gateway.kill9();
    const mark = Date.now() - THREE_HOURS;
    plantMark(home, old, { runningAtMs: mark });
    await gateway.start();
    const [entry] = await waitForHistory(gateway, old, 1);
    assert.equal(entry?.runAtMs, mark);
    await passes(gateway, 2);
    assert.equal(ourEntries(home, old).length, 1);
    assert.equal(storedHistory(home, old).length, 1);
  });

  await t.test("a release while no tick comes brings the ticks back", async () => {
    await makeDue(gateway, ticker, 5000);
    plantMark(home, orphan, { runningAtMs: Date.now() });
    await waitForHistory(gateway, ticker, 1, { timeout: 60_000 });
    await markOf(gateway, orphan);
    const next = new Date(Date.now() + 10_000);
    await addJob(gateway, { name: "after", at: next });
    await stopTicks(probe);
    const { at: released } = await waitUntilSaid(gateway, new RegExp(`^released job=${orphan} `), undefined, 300_000);
    assert.ok(released > next.getTime(), "the job was due before the release");
    const { startedAt } = await model.waitForRequest(({ job }) => job === "after", { timeout: 60_000 });
    assert.ok(startedAt > released, "no tick came before it");
    assert.equal(await hasTimer(probe), true);
  });
});
