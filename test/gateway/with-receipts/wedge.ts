import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { BRISK, PLUGIN_CONFIG } from "../2026-9-6/configured.ts";
import { HTTP, LiveRuns } from "../2026-9-6/live-runs.ts";
import { deeds, said, waitForLooks, waitForSaying } from "../2026-9-6/said.ts";
import { cli } from "../harness/cli.ts";
import { Gateway } from "../harness/gateway.ts";
import { type Home, makeHome } from "../harness/home.ts";
import { history, makeDue, runNow, waitForHistory } from "../harness/jobs.ts";
import { FakeModel } from "../harness/model.ts";
import { healer } from "../harness/plugin.ts";
import { Probe } from "../harness/probe.ts";
import { receipts, storedState } from "../harness/store.ts";
import { until } from "../harness/until.ts";

const TIMEOUT = 30;

/** Every way to a wedge that is natural: a delivery that never returns, and a command-line run behind such a hook. */
const WEDGES = ["delivery", "command line"] as const;

/** How each gateway answers who asks a wedged job to run: the older one says yes, and tells a skipped run. */
const ANSWERS = { "2026.8.2": "enqueued", "2026.9.6": "refused" } as const;

export function wedge(version: keyof typeof ANSWERS): void {
  describe(`${version}, a run that has ended and never settles`, { timeout: 900_000 }, () => {
    let model: FakeModel;
    let home: Home;
    let gateway: Gateway;
    const job: Record<string, string> = {};
    /** Without the attempts that were refused. */
    const ran = async (id: string) => (await history(gateway, id)).filter(({ status }) => status !== "skipped");
    const waitUntilRan = (id: string, times: number) =>
      until(
        `job ${id} has run ${times} times`,
        async () => {
          const runs = await ran(id);
          return runs.length >= times && runs;
        },
        { timeout: 150_000, interval: 200 },
      );
    const statusOfReceipts = (id: string) => receipts(home, id).map(({ status }) => status);

    before(async () => {
      model = await FakeModel.start();
      home = await makeHome({
        version,
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
        assert.equal((await runNow(gateway, id)).kind, ANSWERS[version]);
        // From here on its runs would be short and healthy.
        const payload = { kind: "agentTurn", message: `[[job:${name}]] [[answer]]`, model: HTTP, timeoutSeconds: 120 };
        await gateway.call("cron.update", { id, patch: { delivery: { mode: "none" }, payload } });
        await makeDue(gateway, id);
        await waitForLooks(gateway, 3);
        assert.deepEqual(statusOfReceipts(id), ["running"]);
        assert.equal((await ran(id)).length, 1);
      });
    }

    it("once we may heal, exactly the wedged runs are freed, and what is due runs", async () => {
      await cli(gateway, "config", "set", `${PLUGIN_CONFIG}.mode`, "heal");
      for (const name of WEDGES) {
        const id = job[name] ?? assert.fail();
        const freed = new RegExp(`^freed: .*what it still waits for may happen late job=${id} .*verdict=wedged`);
        await waitForSaying(gateway, freed, { timeout: 150_000 });
        const [next] = await waitUntilRan(id, 2);
        assert.equal(next?.status, "ok", next?.error);
        assert.deepEqual(statusOfReceipts(id), ["interrupted", "ok"]);
      }
    });

    for (const name of WEDGES) {
      it(`${name}: it runs when it is asked to`, async () => {
        const id = job[name] ?? assert.fail();
        assert.equal((await runNow(gateway, id)).kind, "enqueued");
        assert.equal((await waitUntilRan(id, 3))[0]?.status, "ok");
      });
    }

    it("the late end of the lost promises changes neither history nor the next run", async () => {
      const before = await Promise.all(WEDGES.map((name) => ran(job[name] ?? "")));
      assert.equal(await new Probe(gateway).release(), 3);
      assert.equal((await waitForHistory(gateway, job.healthy ?? "", 1))[0]?.status, "ok");
      for (const [index, name] of WEDGES.entries()) {
        const id = job[name] ?? assert.fail();
        assert.deepEqual(await ran(id), before[index]);
        assert.equal((await runNow(gateway, id)).kind, "enqueued");
        assert.equal((await waitUntilRan(id, 4))[0]?.status, "ok");
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
}
