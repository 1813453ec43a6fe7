import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { BRISK, configureHealer } from "../2026-9-6/configured.ts";
import { deeds, looksFor, saidOf, waitForSaying } from "../2026-9-6/said.ts";
import { addJob, history, type JobState, listed, runNow, waitForHistory } from "../harness/jobs.ts";
import { digest, plantMark, storedHistory, storedState } from "../harness/store.ts";
import { BOTH_WINDOWS, deedsOn, inMemory, type Lab, makeLab, OURS, plantAndAdopt } from "./lab.ts";

const TEN_MINUTES = 600_000;

describe("2026.7.1-2, a run is lost with its gateway", { timeout: 400_000 }, () => {
  let lab: Lab;
  const jobs = { killed: "", planted: "", again: "" };
  const others = { disabled: "", main: "", command: "" };
  let startedAt = 0;
  let stuck: object;

  before(async () => {
    lab = await makeLab();
    const { gateway, model, home } = lab;
    await gateway.start();
    jobs.killed = await addJob(gateway, { name: "killed", prompt: "[[hang]]" });
    jobs.planted = await addJob(gateway, { name: "planted" });
    jobs.again = await addJob(gateway, { name: "again" });
    others.disabled = await addJob(gateway, { name: "disabled", enabled: false });
    others.main = await addJob(gateway, { name: "main", sessionTarget: "main" });
    others.command = await addCommandJob(lab);
    await runNow(gateway, jobs.killed);
    await model.waitForRequest(({ job }) => job === "killed");
    startedAt = storedState(home, jobs.killed).runningAtMs ?? 0;
    await gateway.kill9();
  });
  after(() => lab?.[Symbol.asyncDispose]());

  it("with its scheduler on the gateway heals it, and nothing is doubled", async () => {
    const { gateway, home } = lab;
    const since = gateway.mark();
    await gateway.start();
    await gateway.waitForLine(/marking interrupted running job failed on startup/, { since });
    await looksFor(gateway, BOTH_WINDOWS);
    const [entry, ...more] = await history(gateway, jobs.killed);
    assert.deepEqual(more, []);
    assert.match(entry?.error ?? "", /interrupted by gateway restart/);
    assert.equal(entry?.runAtMs, startedAt);
    assert.equal(storedState(home, jobs.killed).runningAtMs, undefined);
    assert.deepEqual(deeds(gateway), []);
  });

  it("with its scheduler off the job is stuck", async () => {
    const { gateway, home, model } = lab;
    const before = model.of("killed").length;
    await runNow(gateway, jobs.killed);
    await model.waitForRequest(({ job, id }) => job === "killed" && id > before && model.of("killed").length > before);
    startedAt = storedState(home, jobs.killed).runningAtMs ?? 0;
    await gateway.kill9();
    stuck = withoutMark(storedState(home, jobs.killed));
    for (const other of Object.values(others)) plantMark(home, other, { runningAtMs: Date.now() - TEN_MINUTES });
    await gateway.start({ scheduler: "off" });
    assert.deepEqual(await runNow(gateway, jobs.killed), { kind: "refused", reason: "already-running" });
    assert.equal((await listed(gateway, jobs.killed)).status, "running");
  });

  it("the plugin frees it after two looks, and the history tells the run once", async () => {
    const { gateway, home } = lab;
    const line = await waitForSaying(gateway, new RegExp(`^released job=${jobs.killed} `), { timeout: 90_000 });
    assert.match(line, /why="every witness absent at two looks" .*other-gateway=absent.*entry=written/);
    assert.equal(storedState(home, jobs.killed).runningAtMs, undefined);
    assert.equal(await inMemory(gateway, jobs.killed), undefined);
    const [entry, ...earlier] = await history(gateway, jobs.killed);
    assert.equal(earlier.length, 1);
    assert.equal(entry?.status, "error");
    assert.match(entry?.error ?? "", OURS);
    assert.equal(entry?.runAtMs, startedAt);
    assert.equal(startedAt + (entry?.durationMs ?? 0), entry?.ts);
  });

  it("nothing else of the job's state has changed, no counter either", () => {
    assert.deepEqual(withoutMark(storedState(lab.home, jobs.killed)), stuck);
  });

  it("a job that is disabled, runs in the main session or is a command is not touched", async () => {
    const { gateway, home } = lab;
    await looksFor(gateway, BOTH_WINDOWS);
    for (const [name, job] of Object.entries(others)) {
      // The gateway itself clears the mark of a disabled job whenever it looks at it.
      if (name !== "disabled") assert.equal(typeof storedState(home, job).runningAtMs, "number", name);
      assert.deepEqual(await history(gateway, job), [], name);
      assert.deepEqual(saidOf(gateway, job), [], name);
    }
  });

  it("the freed job runs, and its history goes on", async () => {
    const { gateway, model, home } = lab;
    assert.equal((await runNow(gateway, jobs.killed)).kind, "enqueued");
    await model.waitForRequest(({ job, endedAt }) => job === "killed" && endedAt === undefined);
    model.release();
    const [entry] = await waitForHistory(gateway, jobs.killed, 3);
    assert.equal(entry?.status, "ok");
    assert.equal(storedHistory(home, jobs.killed).length, 3);
  });

  it("observing it says what it would do and changes nothing", async () => {
    const { gateway, home } = lab;
    await gateway.kill9();
    await configureHealer(home, { ...BRISK, mode: "observe" });
    plantMark(home, jobs.planted, { runningAtMs: Date.now() - TEN_MINUTES });
    const since = gateway.mark();
    await gateway.start({ scheduler: "off" });
    const asItWas = digest(home);
    const withheld = new RegExp(`^would be released, withheld job=${jobs.planted} .*because="observe mode"`);
    await waitForSaying(gateway, withheld, { since, timeout: 90_000 });
    assert.deepEqual(digest(home), asItWas);
    await gateway.kill9();
    await configureHealer(home, BRISK);
  });

  it("marks that appear in the store of a living gateway and that its scheduler adopts are freed", async () => {
    const { gateway, home } = lab;
    for (const job of [jobs.planted, ...Object.values(others)]) plantMark(home, job, { runningAtMs: undefined });
    const since = gateway.mark();
    await gateway.start();
    const marks = { [jobs.planted]: Date.now() - TEN_MINUTES, [jobs.again]: Date.now() };
    await plantAndAdopt(
      lab,
      Object.fromEntries(Object.entries(marks).map(([job, runningAtMs]) => [job, { runningAtMs }])),
    );
    for (const [job, mark] of Object.entries(marks)) {
      await waitForSaying(gateway, new RegExp(`^released job=${job} .*entry=written`), { since, timeout: 120_000 });
      assert.equal(storedState(home, job).runningAtMs, undefined);
      const [entry, ...more] = await history(gateway, job);
      assert.deepEqual(more, []);
      assert.match(entry?.error ?? "", OURS);
      assert.equal(entry?.runAtMs, mark);
      assert.equal(deedsOn(gateway, job, since).length, 1);
    }
    assert.equal((await runNow(gateway, jobs.again)).kind, "enqueued");
    assert.equal((await waitForHistory(gateway, jobs.again, 2))[0]?.status, "ok");
  });
});

const withoutMark = ({ runningAtMs, ...rest }: JobState): object => rest;

async function addCommandJob({ gateway }: Lab): Promise<string> {
  const { id } = await gateway.call<{ id: string }>("cron.add", {
    name: "command",
    enabled: true,
    schedule: { kind: "every", everyMs: 1_800_000 },
    sessionTarget: "isolated",
    wakeMode: "now",
    payload: { kind: "command", argv: ["true"] },
    delivery: { mode: "none" },
  });
  return id;
}
