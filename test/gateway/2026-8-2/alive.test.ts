import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { BOTH_WINDOWS, BOTH_WINDOWS_AND_TWO_TICKS, BRISK } from "../2026-9-6/configured.ts";
import { LiveRuns, runOf } from "../2026-9-6/live-runs.ts";
import { deeds, looksFor, saidAloud, saidOf, waitForSaying } from "../2026-9-6/said.ts";
import { Stranger } from "../2026-9-6/stranger.ts";
import { Gateway, type LogMark } from "../harness/gateway.ts";
import { type Home, makeHome } from "../harness/home.ts";
import { addJob, history, listed, waitForHistory } from "../harness/jobs.ts";
import { FakeModel } from "../harness/model.ts";
import { healer } from "../harness/plugin.ts";
import { Probe } from "../harness/probe.ts";
import { storedState } from "../harness/store.ts";
import { until } from "../harness/until.ts";
import { plantInMemory } from "./planted.ts";

const FOREIGN = ["of another process", "of another process, unnumbered"] as const;
const SHORT = { patienceSeconds: 40 };
const CONFIG = { ...BRISK, patience: { floorSeconds: 40 }, jobs: { "in a hook": SHORT, wedge: SHORT } };

for (const scheduler of ["off", "on"] as const) {
  describe(`2026.8.2, runs that live beside an orphan, the scheduler ${scheduler}`, { timeout: 900_000 }, () => {
    let model: FakeModel;
    let home: Home;
    let gateway: Gateway;
    let stranger: Stranger;
    let orphan = "";
    let wedge = "";
    let startedAt = 0;
    let begun: LogMark;
    const live: Record<string, string> = {};
    const asItWas: Record<string, object> = {};

    before(async () => {
      stranger = Stranger.start();
      model = await FakeModel.start();
      home = await makeHome({
        version: "2026.8.2",
        model,
        plugins: [await healer(CONFIG)],
        channel: true,
        cliBackend: true,
      });
      gateway = new Gateway(home);
      await gateway.start({ scheduler });
      const runs = new LiveRuns(gateway, model);
      wedge = await runs.channel("wedge", 40);
      live["in its model call"] = await runs.modelCall("in its model call");
      if (scheduler === "on") live["that the timer began"] = await runs.modelCall("that the timer began", "timer");
      live["in a hook"] = await runs.hook("in a hook");
      live["in its delivery"] = await runs.channel("in its delivery");
      live["on a CLI backend"] = await runs.commandLine("on a CLI backend");
      for (const name of FOREIGN) live[name] = await addJob(gateway, { name });
      orphan = await addJob(gateway, { name: "orphan" });
      for (const name of FOREIGN) {
        const startTime = name.endsWith("unnumbered") ? null : stranger.startTime;
        const owner = { pid: stranger.pid, startTime };
        await plantInMemory(gateway, live[name] ?? assert.fail(), { startedAt: Date.now() - 600_000, owner });
      }
      // Younger than the process: only two looks can tell that nobody runs it.
      startedAt = Date.now();
      await plantInMemory(gateway, orphan, { startedAt });
      begun = gateway.mark();
      for (const [name, job] of Object.entries(live)) asItWas[name] = runOf(home, job);
    });
    after(async () => {
      await gateway?.[Symbol.asyncDispose]();
      await home?.[Symbol.asyncDispose]();
      await model?.[Symbol.asyncDispose]();
      await stranger?.[Symbol.asyncDispose]();
    });

    if (scheduler === "off") {
      it("the orphan is healed after two looks", async () => {
        const line = await waitForSaying(gateway, new RegExp(`^released job=${orphan} `), { timeout: 120_000 });
        assert.match(line, /why="every witness absent at two looks"/);
      });
    } else {
      it("the orphan is cleared by the gateway, and the entry that it leaves out is written", async () => {
        await until("it is cleared", () => storedState(home, orphan).runningAtMs === undefined, { timeout: 90_000 });
        const told = new RegExp(`^wrote the missing history job=${orphan} .*entry=written`);
        assert.match(await waitForSaying(gateway, told, { timeout: 90_000 }), /the gateway cleared it without history/);
      });
    }

    it("the orphan has exactly one entry", async () => {
      assert.equal(storedState(home, orphan).runningAtMs, undefined);
      const [entry, ...more] = await history(gateway, orphan);
      assert.deepEqual(more, []);
      assert.match(entry?.error ?? "", /^\[synthesized by openclaw-cron-healer\]/);
      assert.equal(entry?.runAtMs, startedAt);
    });

    it("the plugin looks for longer than both windows", async () => {
      await looksFor(gateway, scheduler === "on" ? BOTH_WINDOWS_AND_TWO_TICKS : BOTH_WINDOWS, begun);
    });

    for (const name of [
      "in its model call",
      ...(scheduler === "on" ? ["that the timer began"] : []),
      "in a hook",
      "in its delivery",
      "on a CLI backend",
      ...FOREIGN,
    ]) {
      it(`a run ${name} is not touched`, async () => {
        const job = live[name] ?? assert.fail();
        assert.deepEqual(runOf(home, job), asItWas[name]);
        assert.equal((await listed(gateway, job)).status, "running");
        assert.deepEqual(await history(gateway, job), []);
        assert.deepEqual(deedsOn(gateway, job), []);
      });
    }

    it("each run of this gateway was seen alive as it began, by what needs no session", () => {
      for (const [name, job] of Object.entries(live)) {
        if (name.startsWith("of another process")) continue;
        const [first = ""] = saidOf(gateway, job);
        assert.match(first, /^running .* age=(\d+ms|[0-5]s) verdict=live .*active=live\(/, name);
      }
    });

    it("a run in a hook that never returns is named `hung` beyond its patience", async () => {
      const hung = new RegExp(`^hung: alive outside any session, left alone job=${live["in a hook"]} .*verdict=hung `);
      assert.match(await waitForSaying(gateway, hung), /active=live\(among the active jobs\)/);
    });

    it("a run whose delivery never returns is freed once it has timed out and cannot settle any more", async () => {
      const freed = new RegExp(`^freed: .* job=${wedge} .*verdict=wedged `);
      await waitForSaying(gateway, freed, { timeout: 150_000 });
      const [entry, ...more] = await history(gateway, wedge);
      assert.deepEqual(more, []);
      assert.equal(entry?.status, "error");
      assert.doesNotMatch(entry?.error ?? "", /synthesized/);
      assert.equal(saidAloud(gateway).filter((line) => freed.test(line)).length, 1);
    });

    it("each run ends as if we had not been there", async () => {
      model.release();
      await new Probe(gateway).release();
      for (const name of ["in its model call", "in a hook", "in its delivery"]) {
        const [entry, ...more] = await waitForHistory(gateway, live[name] ?? assert.fail(), 1);
        assert.deepEqual(more, []);
        assert.equal(entry?.status, "ok", name);
      }
    });

    it("nothing but the orphan was ever released", () => {
      assert.deepEqual(
        deeds(gateway).filter((line) => !line.includes(`job=${orphan} `) && !line.includes(`job=${wedge} `)),
        [],
      );
    });
  });
}

const deedsOn = (gateway: Gateway, job: string) => deeds(gateway).filter((line) => line.includes(`job=${job} `));
