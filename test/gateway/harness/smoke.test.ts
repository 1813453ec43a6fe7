import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { cli } from "./cli.ts";
import { Gateway } from "./gateway.ts";
import type { GatewayVersion } from "./generation.ts";
import { makeHome } from "./home.ts";
import { addJob, history, listed, runNow, waitForHistory } from "./jobs.ts";
import { FakeModel } from "./model.ts";
import { Probe } from "./probe.ts";
import { digest, receipts, storedHistory, storedState } from "./store.ts";
import { until } from "./until.ts";

const versions: readonly GatewayVersion[] = ["2026.9.6", "2026.4.14"];

for (const version of versions) {
  test(`the harness makes gateway ${version} run, hang, crash and stay stuck`, { timeout: 180_000 }, async (t) => {
    const pids: number[] = [];
    let folder = "";
    {
      await using model = await FakeModel.start();
      await using home = await makeHome({ version, model });
      await using gateway = new Gateway(home);
      folder = home.folder;
      const time = async <T>(what: string, deed: Promise<T>): Promise<T> => {
        const began = performance.now();
        const result = await deed;
        t.diagnostic(`${what}: ${Math.round(performance.now() - began)} ms`);
        return result;
      };

      await time("start", gateway.start({ scheduler: "on", waitFor: "cron" }));
      pids.push(gateway.pid);

      const healthy = await time("first RPC call: cron.add", addJob(gateway, { name: "healthy" }));
      await time("RPC call: cron.list", listed(gateway, healthy));
      assert.equal((await runNow(gateway, healthy)).kind, "enqueued");
      const [entry] = await time("run", waitForHistory(gateway, healthy, 1));
      assert.equal(entry?.status, "ok");
      assert.deepEqual(
        model.of("healthy").map(({ end }) => end),
        ["answered"],
      );
      assert.equal(storedHistory(home, healthy).length, 1);
      assert.equal((await listed(gateway, healthy)).status, "ok");

      const hanging = await addJob(gateway, { name: "hanging", prompt: "[[hang]]" });
      await runNow(gateway, hanging);
      await time(
        "hang",
        model.waitForRequest(({ job }) => job === "hanging"),
      );
      assert.deepEqual(await runNow(gateway, hanging), { kind: "refused", reason: "already-running" });
      assert.equal((await listed(gateway, hanging)).status, "running");
      const runs = await time("probe", new Probe(gateway).embeddedRuns());
      assert.ok(
        Object.keys(runs).some((key) => key.includes(hanging)),
        "the gateway knows the hanging run",
      );
      assert.equal((await time("CLI call", cli(gateway, "cron", "list", "--json"))).code, 0);

      await gateway.kill9();
      await until("the model's connection is cut", () => model.of("hanging")[0]?.end === "cut");
      await time("restart", gateway.start({ scheduler: "off", waitFor: "cron" }));
      pids.push(gateway.pid);

      assert.deepEqual(await runNow(gateway, hanging), { kind: "refused", reason: "already-running" });
      assert.equal((await listed(gateway, hanging)).status, "running");
      assert.deepEqual(await history(gateway, hanging), []);
      assert.equal(typeof storedState(home, hanging).runningAtMs, "number");
      if (version === "2026.9.6") assert.equal(receipts(home, hanging)[0]?.status, "running");

      const before = digest(home);
      assert.ok(Object.keys(before).length > 0);
      await sleep(1000);
      assert.deepEqual(digest(home), before);
    }
    for (const pid of pids) assert.throws(() => process.kill(-pid, 0), { code: "ESRCH" });
    assert.ok(process.env.CRON_HEALER_KEEP_HOME === "1" || !existsSync(folder));
  });
}
