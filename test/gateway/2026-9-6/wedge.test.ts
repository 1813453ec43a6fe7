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
import { BRISK, PLUGIN_CONFIG } from "./configured.ts";
import { HTTP, LiveRuns } from "./live-runs.ts";
import { deeds, said, waitForLooks, waitForSaying } from "./said.ts";

const TIMEOUT = 30;

/** Every way to a wedge that is natural: a delivery that never returns, and a command-line run behind such a hook. */
const WEDGES = ["delivery", "command line"] as const;

describe("2026.9.6, a run that has ended and never settles", { timeout: 600_000 }, () => {
  let model: FakeModel;
  let home: Home;
  let gateway: Gateway;
  const job: Record<string, string> = {};
  const statusOfReceipts = (id: string) => receipts(home, id).map(({ status }) => status);

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
    it(`${name}: without us the job looks idle, refuses to run and does not run when it is due`, async () => {
      const id = job[name] ?? assert.fail();
      const withheld = new RegExp(`^would be freed, withheld job=${id} .*because="observe mode"`);
      await waitForSaying(gateway, withheld, { timeout: 150_000 });
      assert.equal(storedState(home, id).runningAtMs, undefined);
      assert.deepEqual(statusOfReceipts(id), ["running"]);
      assert.deepEqual(await runNow(gateway, id), { kind: "refused", reason: "already-running" });
      // From here on its runs would be short and healthy.
      const payload = { kind: "agentTurn", message: `[[job:${name}]] [[answer]]`, model: HTTP, timeoutSeconds: 120 };
      await gateway.call("cron.update", { id, patch: { delivery: { mode: "none" }, payload } });
      await makeDue(gateway, id);
      await waitForLooks(gateway, 3);
      assert.deepEqual(statusOfReceipts(id), ["running"]);
      assert.equal((await history(gateway, id)).length, 1);
    });
  }

  it("once we may heal, exactly the wedged runs are freed, and what is due runs", async () => {
    await cli(gateway, "config", "set", `${PLUGIN_CONFIG}.mode`, "heal");
    for (const name of WEDGES) {
      const id = job[name] ?? assert.fail();
      const freed = new RegExp(`^freed: .*what it still waits for may happen late job=${id} .*verdict=wedged`);
      await waitForSaying(gateway, freed, { timeout: 150_000 });
      const [next] = await waitForHistory(gateway, id, 2, { timeout: 150_000 });
      assert.equal(next?.status, "ok", next?.error);
      assert.deepEqual(statusOfReceipts(id), ["interrupted", "ok"]);
    }
  });

  for (const name of WEDGES) {
    it(`${name}: it runs when it is asked to`, async () => {
      const id = job[name] ?? assert.fail();
      assert.equal((await runNow(gateway, id)).kind, "enqueued");
      assert.equal((await waitForHistory(gateway, id, 3))[0]?.status, "ok");
    });
  }

  it("the late end of the lost promises changes neither history nor the next run", async () => {
    const before = await Promise.all(WEDGES.map((name) => history(gateway, job[name] ?? "")));
    assert.equal(await new Probe(gateway).release(), 3);
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
