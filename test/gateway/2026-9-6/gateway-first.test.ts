import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Gateway } from "../harness/gateway.ts";
import { type Home, makeHome } from "../harness/home.ts";
import { addJob, history, runNow } from "../harness/jobs.ts";
import { FakeModel } from "../harness/model.ts";
import { healer } from "../harness/plugin.ts";
import { processStartTime, receipts, storedState } from "../harness/store.ts";
import { until } from "../harness/until.ts";
import { BRISK } from "./configured.ts";
import { plantRun } from "./planted.ts";
import { deeds, saidOf, waitForLooks } from "./said.ts";
import { Stranger } from "./stranger.ts";

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

describe("2026.9.6 with its scheduler on heals by itself, and nothing is doubled", { timeout: 500_000 }, () => {
  let model: FakeModel;
  let home: Home;
  let gateway: Gateway;
  let stranger: Stranger;
  let nobody: number;
  const id: Record<string, string> = {};
  const job = (name: string): string => id[name] ?? assert.fail(name);

  before(async () => {
    stranger = Stranger.start();
    nobody = await Stranger.dead();
    model = await FakeModel.start();
    home = await makeHome({ version: "2026.9.6", model, plugins: [await healer(CONFIG)] });
    gateway = new Gateway(home);
    await gateway.start();
    for (const name of [...INTERRUPTED, ...NEVER_BEGUN, ...LATER, ...FOREIGN, WAITING]) {
      id[name] = await addJob(gateway, { name, prompt: name === "killed" ? "[[hang]]" : "[[answer]]" });
    }
    await runNow(gateway, job("killed"));
    await model.waitForRequest((request) => request.job === "killed");
    await gateway.kill9();
    const startedAt = Date.now() - TEN_MINUTES;
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
    assert.deepEqual(
      deeds(gateway).filter((line) => line.includes(job(name))),
      [],
    );
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
      assert.deepEqual(
        deeds(gateway).filter((line) => line.includes(job(name))),
        [],
      );
    });
  }

  it("at its next tick it heals marks that appeared in the store while it ran", async () => {
    // A job that is due makes a tick. An update would not do: it writes back what the scheduler has in memory.
    await addJob(gateway, { name: "next", at: new Date(Date.now() + 3000) });
    const startedAt = Date.now() - TEN_MINUTES;
    plantRun(home, job("later, no receipt"), { startedAt });
    plantRun(home, job("later, dead owner"), { startedAt, owner: { pid: nobody, startTime: 1 } });
    const itself = { pid: gateway.pid, startTime: processStartTime(gateway.pid) };
    plantRun(home, job("later, its own pid"), { startedAt, owner: itself });
    await waitUntilHealed(LATER);
    for (const name of LATER) await assertHealedByTheGateway(name);
  });

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
    assert.deepEqual(deeds(gateway), []);
  });
});
