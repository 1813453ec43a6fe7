import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { configureHealer, reconfigure } from "../2026-9-6/configured.ts";
import { saidOf, waitForLooks, waitForSaying } from "../2026-9-6/said.ts";
import { Gateway } from "../harness/gateway.ts";
import type { GatewayVersion } from "../harness/generation.ts";
import { type Home, makeHome } from "../harness/home.ts";
import { addJob, history, type JobState, listed, makeDue, runNow, waitForHistory } from "../harness/jobs.ts";
import { FakeModel } from "../harness/model.ts";
import { healer } from "../harness/plugin.ts";
import { plantMark, receipts, storedHistory, storedState, taskRuns } from "../harness/store.ts";
import { until } from "../harness/until.ts";

export function deadOwner(version: GatewayVersion): void {
  describe(`${version}, the owner of a run was killed and the scheduler is off`, { timeout: 900_000 }, () => {
    let model: FakeModel;
    let home: Home;
    let gateway: Gateway;
    let startedAt = 0;
    let stuck: object;
    const jobs = { killed: "", fresh: "", old: "" };
    const others = { disabled: "", main: "", command: "" };

    before(async () => {
      model = await FakeModel.start();
      home = await makeHome({ version, model, plugins: [await healer({ enabled: false })] });
      gateway = new Gateway(home);
      await gateway.start({ scheduler: "on" });
      jobs.killed = await addJob(gateway, { name: "killed", prompt: "[[hang]]" });
      jobs.fresh = await addJob(gateway, { name: "fresh" });
      jobs.old = await addJob(gateway, { name: "old" });
      others.disabled = await addJob(gateway, { name: "disabled", enabled: false });
      others.main = await addJob(gateway, { name: "main", sessionTarget: "main" });
      others.command = await addCommandJob(gateway);
      await runNow(gateway, jobs.killed);
      await model.waitForRequest(({ job }) => job === "killed");
      startedAt = storedState(home, jobs.killed).runningAtMs ?? 0;
      await gateway.kill9();
      stuck = withoutMark(storedState(home, jobs.killed));
    });
    after(async () => {
      await gateway?.[Symbol.asyncDispose]();
      await home?.[Symbol.asyncDispose]();
      await model?.[Symbol.asyncDispose]();
    });

    it("without the plugin the job is stuck, and nothing tells why", async () => {
      await gateway.start({ scheduler: "off" });
      assert.deepEqual(await runNow(gateway, jobs.killed), { kind: "refused", reason: "already-running" });
      assert.equal((await listed(gateway, jobs.killed)).status, "running");
      assert.deepEqual(await history(gateway, jobs.killed), []);
      assert.equal(receipts(home, jobs.killed).at(-1)?.status, "running");
      await gateway.kill9();
    });

    it("with it the mark is gone at most 15 s after the gateway is ready", async (t) => {
      plantMark(home, jobs.fresh, { runningAtMs: Date.now() - 60_000 });
      plantMark(home, jobs.old, { runningAtMs: Date.now() - THREE_HOURS });
      for (const other of Object.values(others)) plantMark(home, other, { runningAtMs: Date.now() - 60_000 });
      await configureHealer(home, { logLevel: "debug" });
      const since = gateway.mark();
      await gateway.start({ scheduler: "off", waitFor: "ready" });
      const ready = await gateway.waitForLine(/^ready$/, { since });
      const sentence = await waitForSaying(gateway, new RegExp(`^released job=${jobs.killed} `), { since });
      assert.equal(storedState(home, jobs.killed).runningAtMs, undefined);
      const seconds = ((await gateway.waitForLine(/^openclaw-cron-healer: released/, { since })).at - ready.at) / 1000;
      t.diagnostic(`from ready to the healed mark, default windows: ${seconds.toFixed(1)} s`);
      assert.ok(seconds <= 15, `${seconds} s`);
      assert.match(sentence, /verdict=orphan why="its owner's pid is gone" .*session=absent.*entry=written/);
    });

    it("the history tells the run once, with its true start and duration", async () => {
      const [entry, ...more] = await history(gateway, jobs.killed);
      assert.deepEqual(more, []);
      assert.equal(entry?.status, "error");
      assert.match(entry?.error ?? "", TAG);
      assert.equal(entry?.runAtMs, startedAt);
      assert.equal(startedAt + (entry?.durationMs ?? 0), entry?.ts);
    });

    it("its receipt is ended, its own task row is completed and none is added", () => {
      assert.deepEqual(statusesOf(receipts(home, jobs.killed)), ["interrupted"]);
      assert.deepEqual(statusesOf(taskRuns(home, jobs.killed)), ["failed"]);
    });

    it("nothing else of the job's state has changed, no counter either", () => {
      assert.deepEqual(withoutMark(storedState(home, jobs.killed)), stuck);
    });

    for (const name of ["fresh", "old"] as const) {
      it(`a mark that no receipt explains is healed too: ${name}`, async () => {
        await waitForSaying(gateway, new RegExp(`^released job=${jobs[name]} `));
        assert.equal(storedState(home, jobs[name]).runningAtMs, undefined);
        const [entry, ...more] = await history(gateway, jobs[name]);
        assert.deepEqual(more, []);
        assert.match(entry?.error ?? "", TAG);
      });
    }

    for (const name of ["disabled", "main", "command"] as const) {
      it(`a job that is not an isolated agent turn, or not enabled, is not touched: ${name}`, async () => {
        assert.equal(typeof storedState(home, others[name]).runningAtMs, "number");
        assert.deepEqual(await history(gateway, others[name]), []);
        assert.deepEqual(saidOf(gateway, others[name]), []);
      });
    }

    it("the healed job runs, and after more looks there is still one entry of the lost run", async () => {
      assert.equal((await runNow(gateway, jobs.killed)).kind, "enqueued");
      await model.waitForRequest(({ end, job }) => job === "killed" && end === undefined);
      for (const _ of [1, 2, 3]) {
        const since = gateway.mark();
        // A change of any job is a hint to look.
        await makeDue(gateway, jobs.old, THREE_HOURS);
        await waitForLooks(gateway, 1, since);
      }
      model.release();
      const entries = await waitForHistory(gateway, jobs.killed, 2);
      assert.deepEqual(
        entries.map(({ status }) => status),
        ["ok", "error"],
      );
      assert.equal(storedHistory(home, jobs.killed).length, 2);
    });

    it("a stop does not wait for the dead run", async (t) => {
      const { milliseconds } = await gateway.sigterm();
      t.diagnostic(`SIGTERM to exit: ${milliseconds} ms, 315 s with the dead run's task row left running`);
      assert.ok(milliseconds < 15_000);
    });

    it("a scheduler that is switched on again adds nothing", async () => {
      await gateway.start({ scheduler: "on" });
      const entries = await history(gateway, jobs.killed);
      assert.equal(entries.filter(({ runAtMs }) => runAtMs === startedAt).length, 1);
      assert.equal(entries.length, 2);
    });

    it("the same with `cron.enabled: false`", async () => {
      const answered = model.of("killed").length;
      await runNow(gateway, jobs.killed);
      await until("the run is in its model call", () => model.of("killed").length > answered);
      await gateway.kill9();
      await reconfigure(home, (config) => {
        config.cron = { ...config.cron, enabled: false };
      });
      const since = gateway.mark();
      await gateway.start({ scheduler: "on" });
      await waitForSaying(gateway, new RegExp(`^released job=${jobs.killed} `), { since });
      const entries = await history(gateway, jobs.killed);
      assert.deepEqual(
        entries.map(({ status }) => status),
        ["error", "ok", "error"],
      );
    });
  });
}

const TAG = /^\[synthesized by openclaw-cron-healer\] run lost: /;
const THREE_HOURS = 3 * 3_600_000;

const withoutMark = ({ runningAtMs, runningReceiptId, ...rest }: JobState): object => rest;
const statusesOf = (rows: readonly { readonly status?: unknown }[]) => rows.map(({ status }) => status);

async function addCommandJob(gateway: Gateway): Promise<string> {
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
