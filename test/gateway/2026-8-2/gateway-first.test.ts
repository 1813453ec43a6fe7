import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { BRISK } from "../2026-9-6/configured.ts";
import { deeds, saidOf, waitForLooks, waitForSaying } from "../2026-9-6/said.ts";
import { Stranger } from "../2026-9-6/stranger.ts";
import { Gateway } from "../harness/gateway.ts";
import { type Home, makeHome } from "../harness/home.ts";
import { addJob, history, runNow } from "../harness/jobs.ts";
import { FakeModel } from "../harness/model.ts";
import { healer } from "../harness/plugin.ts";
import { processStartTime, receipts, storedState } from "../harness/store.ts";
import { until } from "../harness/until.ts";
import { plantRun } from "./planted.ts";

const INTERRUPTED = ["killed", "no receipt", "dead owner", "pid given again"] as const;
const NEVER_BEGUN = ["queued, no receipt", "queued, dead owner"] as const;
const LATER = ["later, no receipt", "later, dead owner", "later, its own pid"] as const;
const FOREIGN = ["foreign", "unnumbered"] as const;
const WAITING = "queued, foreign";

const TEN_MINUTES = 600_000;
const SHORT = { patienceSeconds: 40 };
const CONFIG = {
  ...BRISK,
  patience: { floorSeconds: 40 },
  jobs: { foreign: SHORT, unnumbered: SHORT },
};

describe("2026.8.2 with its scheduler on heals by itself, and nothing is doubled", { timeout: 500_000 }, () => {
  let model: FakeModel;
  let home: Home;
  let gateway: Gateway;
  let stranger: Stranger;
  let nobody: number;
  let startedAt = 0;
  const id: Record<string, string> = {};
  const job = (name: string): string => id[name] ?? assert.fail(name);

  before(async () => {
    stranger = Stranger.start();
    nobody = await Stranger.dead();
    model = await FakeModel.start();
    home = await makeHome({ version: "2026.8.2", model, plugins: [await healer(CONFIG)] });
    gateway = new Gateway(home);
    await gateway.start();
    for (const name of [...INTERRUPTED, ...NEVER_BEGUN, ...LATER, ...FOREIGN, WAITING]) {
      id[name] = await addJob(gateway, { name, prompt: name === "killed" ? "[[hang]]" : "[[answer]]" });
    }
    await runNow(gateway, job("killed"));
    await model.waitForRequest((request) => request.job === "killed");
    await gateway.kill9();
    startedAt = Date.now() - TEN_MINUTES;
    plantRun(home, job("no receipt"), { startedAt });
    plantRun(home, job("dead owner"), { startedAt, owner: { pid: nobody, startTime: 1 } });
    plantRun(home, job("pid given again"), { startedAt, owner: { pid: stranger.pid, startTime: 1 } });
    plantRun(home, job("foreign"), { startedAt, owner: stranger });
    plantRun(home, job("unnumbered"), { startedAt, owner: { pid: stranger.pid, startTime: null } });
    plantRun(home, job("queued, no receipt"), { startedAt, queued: true });
    plantRun(home, job("queued, dead owner"), { startedAt, queued: true, owner: { pid: nobody, startTime: 1 } });
    plantRun(home, job(WAITING), { startedAt, queued: true, owner: stranger });
    await gateway.start();
  });
  after(async () => {
    await gateway?.[Symbol.asyncDispose]();
    await home?.[Symbol.asyncDispose]();
    await model?.[Symbol.asyncDispose]();
    await stranger?.[Symbol.asyncDispose]();
  });

  const deedsOn = (name: string) => deeds(gateway).filter((line) => line.includes(job(name)));

  async function waitUntilHealed(names: readonly string[]): Promise<void> {
    const isHealed = (name: string) => {
      const { runningAtMs, queuedAtMs } = storedState(home, job(name));
      return runningAtMs === undefined && queuedAtMs === undefined;
    };
    await until(`${names} are healed`, () => names.every(isHealed), { timeout: 120_000 });
    await waitForLooks(gateway, 2);
  }

  async function assertHealedByTheGateway(name: string): Promise<void> {
    const [entry, ...more] = await history(gateway, job(name));
    assert.deepEqual(more, [], name);
    assert.match(entry?.error ?? "", /^cron: job interrupted by gateway restart/, name);
    assert.deepEqual(deedsOn(name), []);
    const held = receipts(home, job(name)).filter(({ status }) => status === "running");
    assert.deepEqual(held, [], name);
  }

  it("every mark without a living owner is gone after its start", () =>
    waitUntilHealed([...INTERRUPTED, ...NEVER_BEGUN]));

  for (const name of INTERRUPTED) {
    it(`exactly one entry, the gateway's: ${name}`, () => assertHealedByTheGateway(name));
  }

  for (const name of NEVER_BEGUN) {
    it(`no entry, as nothing ran: ${name}`, async () => {
      assert.deepEqual(await history(gateway, job(name)), []);
      assert.deepEqual(deedsOn(name), []);
    });
  }

  it("at its next tick it clears marks that appeared in the store while it ran, and tells nobody", async () => {
    // A job that is due makes a tick. It is added first: an addition writes back what the scheduler has in memory.
    await addJob(gateway, { name: "next", at: new Date(Date.now() + 20_000) });
    startedAt = Date.now() - TEN_MINUTES;
    plantRun(home, job("later, no receipt"), { startedAt });
    plantRun(home, job("later, dead owner"), { startedAt, owner: { pid: nobody, startTime: 1 } });
    const itself = { pid: gateway.pid, startTime: processStartTime(gateway.pid) };
    plantRun(home, job("later, its own pid"), { startedAt, owner: itself });
    const seen = () => LATER.every((name) => saidOf(gateway, job(name)).length > 0);
    await until("the plugin has seen the marks", seen, { timeout: 15_000 });
    await waitUntilHealed(LATER);
  });

  for (const name of LATER) {
    it(`the entry that it leaves out is written once, with the true start: ${name}`, async () => {
      const told = new RegExp(`^wrote the missing history job=${job(name)} .*entry=written`);
      await waitForSaying(gateway, told, { timeout: 90_000 });
      const [entry, ...more] = await history(gateway, job(name));
      assert.deepEqual(more, []);
      assert.match(
        entry?.error ?? "",
        /^\[synthesized by openclaw-cron-healer\] run lost: the gateway cleared it without history/,
      );
      assert.equal(entry?.runAtMs, startedAt);
      // It ended when the gateway gave it up, within a minute of the plant and not when the plugin found out.
      assert.ok((entry?.durationMs ?? 0) < TEN_MINUTES + 60_000);
      assert.equal(deedsOn(name).length, 1);
    });
  }

  it("a run of another living process is left alone, and that is said", async () => {
    for (const [name, why] of [
      ["foreign", /still running beyond its patience, left alone .*why="its owner is another living process"/],
      ["unnumbered", /in doubt, left alone .*why="owner unread: pid \d+ lives, its start time is unknown"/],
    ] as const) {
      const spoken = () => saidOf(gateway, job(name)).some((line) => why.test(line));
      await until(`${name} is spoken of`, spoken, { timeout: 120_000 });
      assert.equal(typeof storedState(home, job(name)).runningAtMs, "number");
      assert.deepEqual(await history(gateway, job(name)), []);
    }
  });

  it("a run that waits for its turn in another living process is left alone", async () => {
    assert.equal(typeof storedState(home, job(WAITING)).queuedAtMs, "number");
    assert.deepEqual(saidOf(gateway, job(WAITING)), []);
  });

  it("when that process has died the gateway heals its runs, once", async () => {
    await stranger.die();
    await waitUntilHealed([...FOREIGN, WAITING]);
    assert.deepEqual(await history(gateway, job(WAITING)), []);
    for (const name of FOREIGN) await assertHealedByTheGateway(name);
  });

  it("nothing was ever released by the plugin", () => {
    assert.deepEqual(
      deeds(gateway).filter((line) => !line.startsWith("wrote the missing history")),
      [],
    );
    assert.equal(deeds(gateway).length, LATER.length);
  });
});
