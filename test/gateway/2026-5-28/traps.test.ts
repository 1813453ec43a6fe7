import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { dueTogether, markOf, ourEntries, passes, saidOf, waitUntilSaid } from "../2026-4-14/lab.ts";
import { addJob, history, makeDue, runNow, waitForHistory } from "../harness/jobs.ts";
import { plantMark, storedHistory, storedState } from "../harness/store.ts";
import { hasTimer, stopTicks } from "../harness/timer.ts";
import { until } from "../harness/until.ts";
import { makeLab } from "./lab.ts";

const THREE_HOURS = 3 * 3_600_000;
const BATCH = ["one", "two", "three", "four", "five", "six"] as const;

test("2026.5.28: what this gateway does that others do not", { timeout: 900_000 }, async (t) => {
  await using lab = await makeLab();
  const { gateway, home, model, probe } = lab;
  await gateway.start();
  const old = await addJob(gateway, { name: "old" });
  const orphan = await addJob(gateway, { name: "orphan" });
  const ticker = await addJob(gateway, { name: "ticker" });
  const batch: string[] = [];
  for (const name of BATCH) batch.push(await addJob(gateway, { name, prompt: "[[hang]]" }));
  const deedsOn = (id: string) => saidOf(gateway, id).filter(({ text }) => /^(released|could not be)/.test(text));

  /** Only a tick reads the files again; any edit of a job would write the scheduler's memory over them first. */
  async function adopt(marks: readonly (readonly [string, number])[]): Promise<void> {
    const before = storedHistory(home, ticker).length;
    await makeDue(gateway, ticker, 5000);
    for (const [id, runningAtMs] of marks) plantMark(home, id, { runningAtMs });
    await waitForHistory(gateway, ticker, before + 1, { timeout: 60_000 });
    for (const [id, mark] of marks) assert.equal(await markOf(gateway, id), mark);
  }

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
      await waitUntilSaid(gateway, /^ready /, since);
      await passes(gateway, 2);
      assert.equal(storedHistory(home, old).length, 1);
      assert.deepEqual(deedsOn(old), []);
    },
  );

  await t.test("a run is seen alive before it has a session", async () => {
    const begins = await addJob(gateway, { name: "begins", prompt: "[[hang]]" });
    await runNow(gateway, begins);
    await model.waitForRequest(({ job }) => job === "begins", { timeout: 90_000 });
    const [first] = saidOf(gateway, begins);
    assert.match(first?.text ?? "", /^running .* verdict=live .*session=absent/);
    model.release();
    await waitForHistory(gateway, begins, 1);
  });

  await t.test("a mark lies some milliseconds before its run; the run's own entry is known all the same", async () => {
    await dueTogether(gateway, batch);
    for (const name of BATCH) await model.waitForRequest(({ job }) => job === name, { timeout: 60_000 });
    const marks = batch.map((id) => storedState(home, id).runningAtMs ?? 0);
    model.release();
    const apart: number[] = [];
    for (const [index, id] of batch.entries()) {
      const [entry] = await waitForHistory(gateway, id, 1);
      assert.equal(entry?.status, "ok");
      apart.push((entry?.runAtMs ?? 0) - (marks[index] ?? 0));
    }
    t.diagnostic(`from the mark on disk to the entry's start: ${apart.join(", ")} ms`);
    const last = apart.indexOf(Math.max(...apart));
    const [job = "", mark = 0] = [batch[last], marks[last]];
    assert.ok((apart[last] ?? 0) > 0 && (apart[last] ?? 0) <= 250);
    await adopt([[job, mark]]);
    await waitUntilSaid(gateway, new RegExp(`^released job=${job} .*entry="already there"`), undefined, 300_000);
    assert.equal((await history(gateway, job)).length, 1);
    // This gateway stores whatever it is given: the mark must be gone, not null.
    assert.equal("runningAtMs" in storedState(home, job), false);
  });

  await t.test(
    "an empty state file wipes the state of every job: nothing is left to release or to invent",
    async () => {
      const [first = "", second = ""] = batch;
      await makeDue(gateway, first);
      const asked = await model.waitForRequest(({ job, endedAt }) => job === "one" && endedAt === undefined);
      await markOf(gateway, first);
      assert.equal(typeof storedState(home, second).lastRunAtMs, "number");
      writeFileSync(join(home.stateFolder, "cron", "jobs-state.json"), "");
      model.release(({ id }) => id === asked.id);
      const [entry] = await waitForHistory(gateway, first, 2);
      assert.equal(entry?.status, "ok");
      await until("the state of all jobs is wiped", () => storedState(home, second).lastRunAtMs === undefined);
      await passes(gateway, 3);
      assert.equal(storedState(home, first).runningAtMs, undefined);
      assert.deepEqual([...ourEntries(home, first), ...ourEntries(home, second)], []);
    },
  );

  await t.test("a release while no tick comes brings the ticks back", async () => {
    await adopt([[orphan, Date.now()]]);
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
