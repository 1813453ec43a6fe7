import assert from "node:assert/strict";
import { test } from "node:test";
import { waitForLooks, waitForSaying } from "../2026-9-6/said.ts";
import { addJob, history, waitForHistory } from "../harness/jobs.ts";
import { plantMark } from "../harness/store.ts";
import { hasTimer, stopTicks } from "../harness/timer.ts";
import { deedsOn, makeLab, plantAndAdopt } from "./lab.ts";

const THREE_HOURS = 3 * 3_600_000;

test("2026.7.1-2: what this gateway does that others do not", { timeout: 700_000 }, async (t) => {
  await using lab = await makeLab();
  const { gateway, home, model, probe } = lab;
  await gateway.start();
  const old = await addJob(gateway, { name: "old" });
  const orphan = await addJob(gateway, { name: "orphan" });

  await t.test(
    "a look before its recovery would wipe a mark of more than two hours; its own entry is there",
    async () => {
      await gateway.kill9();
      const mark = Date.now() - THREE_HOURS;
      plantMark(home, old, { runningAtMs: mark });
      const since = gateway.mark();
      await gateway.start();
      const [entry] = await waitForHistory(gateway, old, 1);
      assert.match(entry?.error ?? "", /interrupted by gateway restart/);
      assert.equal(entry?.runAtMs, mark);
      await waitForLooks(gateway, 2, since);
      assert.equal((await history(gateway, old)).length, 1);
      assert.deepEqual(deedsOn(gateway, old), []);
    },
  );

  await t.test("a release while no tick comes brings the ticks back", async () => {
    await plantAndAdopt(lab, { [orphan]: { runningAtMs: Date.now() } });
    await model.waitForRequest(({ job, end }) => job === "next" && end === "answered", { timeout: 60_000 });
    const next = new Date(Date.now() + 10_000);
    await addJob(gateway, { name: "after", at: next });
    await stopTicks(probe);
    await waitForSaying(gateway, new RegExp(`^released job=${orphan} `), { timeout: 300_000 });
    const released = (await gateway.waitForLine(/^openclaw-cron-healer: released/)).at;
    assert.ok(released > next.getTime(), "the job was due before the release");
    const { startedAt } = await model.waitForRequest(({ job }) => job === "after", { timeout: 60_000 });
    assert.ok(startedAt > released, "no tick came before it");
    assert.equal(await hasTimer(probe), true);
  });
});
