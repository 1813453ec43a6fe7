import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { cli } from "../harness/cli.ts";
import { Gateway } from "../harness/gateway.ts";
import { type Home, makeHome } from "../harness/home.ts";
import { history, makeDue, runNow, waitForHistory } from "../harness/jobs.ts";
import { FakeModel } from "../harness/model.ts";
import { healer } from "../harness/plugin.ts";
import { Probe } from "../harness/probe.ts";
import { receipts, storedState } from "../harness/store.ts";
import { until } from "../harness/until.ts";
import { BRISK, PLUGIN_CONFIG } from "./configured.ts";
import { LiveRuns } from "./live-runs.ts";
import { deeds, said, saidOf, waitForSaying } from "./said.ts";

const TIMEOUT = 8;

/** Every way to a wedge that is natural: a delivery that never returns, and a command-line run behind such a hook. */
const WEDGES = ["delivery", "command line"] as const;

describe("2026.9.6, a run that has ended and never settles", { timeout: 600_000 }, () => {
  let model: FakeModel;
  let home: Home;
  let gateway: Gateway;
  const job: Record<string, string> = {};
  const told: Record<string, number> = {};

  before(async () => {
    model = await FakeModel.start();
    home = await makeHome({
      version: "2026.9.6",
      model,
      plugins: [await healer({ ...BRISK, mode: "observe" })],
      channel: true,
      cliBackend: true,
    });
    gateway = new Gateway(home);
    await gateway.start();
    const runs = new LiveRuns(gateway, model);
    job.delivery = await runs.channel("delivery", TIMEOUT);
    job["command line"] = await runs.hookBeforeCommandLine("command line", TIMEOUT);
    job.healthy = await runs.channel("healthy");
  });
  after(async () => {
    await gateway?.[Symbol.asyncDispose]();
    await home?.[Symbol.asyncDispose]();
    await model?.[Symbol.asyncDispose]();
  });

  for (const name of WEDGES) {
    it(`${name}: without us the job looks idle, refuses to run and lets its slots pass`, async () => {
      const id = job[name] ?? assert.fail();
      await waitForSaying(gateway, new RegExp(`^would be freed, withheld job=${id} .*because="observe mode"`), {
        timeout: 150_000,
      });
      assert.equal(storedState(home, id).runningAtMs, undefined);
      assert.deepEqual(
        receipts(home, id).map(({ status }) => status),
        ["running"],
      );
      assert.deepEqual(await runNow(gateway, id), { kind: "refused", reason: "already-running" });
      const due = Date.now() + 1000;
      await makeDue(gateway, id, 1000);
      await until("its slot has passed", async () => (storedState(home, id).nextRunAtMs ?? 0) > due, {
        timeout: 90_000,
      });
      told[name] = (await history(gateway, id)).length;
      assert.equal(told[name], 1);
    });
  }

  it("once we may heal, exactly the wedged runs are freed", async () => {
    await cli(gateway, "config", "set", `${PLUGIN_CONFIG}.mode`, "heal");
    for (const name of WEDGES) {
      const line = await waitForSaying(gateway, new RegExp(`^freed: .* job=${job[name]} .*verdict=wedged`), {
        timeout: 150_000,
      });
      assert.match(line, /what it still waits for may happen late/);
      const [receipt] = receipts(home, job[name] ?? "");
      assert.equal(receipt?.status, "interrupted");
    }
    assert.equal(saidOf(gateway, job.healthy ?? "").filter((line) => line.startsWith("freed")).length, 0);
  });

  for (const name of WEDGES) {
    it(`${name}: it runs again, asked for and by its schedule`, async () => {
      const id = job[name] ?? assert.fail();
      await gateway.call("cron.update", {
        id,
        patch: {
          delivery: { mode: "none" },
          payload: { kind: "agentTurn", message: `[[job:${name}]] [[answer]]`, model: "fake/fake-1" },
        },
      });
      assert.equal((await runNow(gateway, id)).kind, "enqueued");
      assert.equal((await waitForHistory(gateway, id, 2))[0]?.status, "ok");
      await makeDue(gateway, id, 1000);
      assert.equal((await waitForHistory(gateway, id, 3, { timeout: 120_000 }))[0]?.status, "ok");
    });
  }

  it("the late end of the lost promises changes neither history nor the next run", async () => {
    const before = await Promise.all(WEDGES.map((name) => history(gateway, job[name] ?? "")));
    assert.ok((await new Probe(gateway).release()) >= 3);
    assert.equal((await waitForHistory(gateway, job.healthy ?? "", 1))[0]?.status, "ok");
    for (const [index, name] of WEDGES.entries()) {
      const id = job[name] ?? assert.fail();
      assert.deepEqual(await history(gateway, id), before[index]);
      assert.equal((await runNow(gateway, id)).kind, "enqueued");
      assert.equal((await waitForHistory(gateway, id, 4))[0]?.status, "ok");
    }
  });

  it("each was freed once, and nothing else was", () => {
    const freed = deeds(gateway).filter((line) => !line.startsWith("would be"));
    assert.deepEqual(freed.map((line) => /job=(\S+)/.exec(line)?.[1]).sort(), WEDGES.map((name) => job[name]).sort());
    assert.deepEqual(
      said(gateway).filter((line) => line.startsWith("this pass failed")),
      [],
    );
  });

  it("SIGTERM no longer waits five minutes for them", async () => {
    const { milliseconds } = await gateway.sigterm({ timeout: 60_000 });
    assert.ok(milliseconds < 20_000, `${milliseconds} ms`);
  });
});
