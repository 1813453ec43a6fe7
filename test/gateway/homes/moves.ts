import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { waitForLooks } from "../2026-9-6/said.ts";
import type { GatewayVersion } from "../harness/generation.ts";
import { addJob, listed, runNow, waitForHistory } from "../harness/jobs.ts";
import { plantMark, storedState } from "../harness/store.ts";
import { until } from "../harness/until.ts";
import { type Lab, makeLab, TAG, told } from "./lab.ts";

/** A mark and the start of the same run may lie some milliseconds apart. */
const SAME_RUN = 250;
const MINUTES = 60_000;
const LONG = { timeout: 180_000 };

interface Jobs {
  /** One good run, and one that we had to tell. */
  readonly told: string;
  /** Killed in mid-run, before each move. */
  readonly killed: string;
}

/** A home that its gateways hand down, each killed in mid-run before the next one starts. */
export function describeMove(route: readonly [GatewayVersion, ...GatewayVersion[]], scheduler: "on" | "off"): void {
  describe(`a home that moves ${route.join(" -> ")}, its scheduler ${scheduler}`, { timeout: 900_000 }, () => {
    it("loses no entry, and the run that was killed before each move is told once", async (t) => {
      const [first, ...next] = route;
      await using start = await makeLab({ version: first });
      const jobs = await lived(start);
      let lab: Lab = start;
      for (const version of next) lab = await movedTo(lab, version, scheduler, jobs);
      const { gateway, model } = lab;
      try {
        assert.equal((await runNow(gateway, jobs.told)).kind, "enqueued");
        const entries = await waitForHistory(gateway, jobs.told, 3, LONG);
        assert.deepEqual(
          entries.map(({ status }) => status),
          ["ok", "error", "ok"],
        );
        model.release();
        const ended = async () => (await listed(gateway, jobs.killed)).state.runningAtMs === undefined;
        await until("the last run has ended", ended, LONG);
        // A run of an older gateway that still counts as active would hold this back for five minutes.
        const { milliseconds } = await gateway.sigterm({ timeout: 60_000 });
        t.diagnostic(`SIGTERM to exit: ${milliseconds} ms`);
      } finally {
        await gateway.kill9();
      }
    });
  });
}

/** A home with a history of its own, an entry of ours in it, and its gateway killed in mid-run. */
async function lived({ gateway, home, model, ...lab }: Lab): Promise<Jobs> {
  await gateway.start();
  const jobs = {
    told: await addJob(gateway, { name: "told" }),
    killed: await addJob(gateway, { name: "killed", prompt: "[[hang]]" }),
  };
  await runNow(gateway, jobs.told);
  await waitForHistory(gateway, jobs.told, 1, LONG);
  await gateway.kill9();
  plantMark(home, jobs.told, { runningAtMs: Date.now() - 10 * MINUTES });
  await gateway.start({ scheduler: "off" });
  const [entry] = await waitForHistory(gateway, jobs.told, 2, LONG);
  assert.match(entry?.error ?? "", TAG);
  await hang({ gateway, home, model, ...lab }, jobs.killed);
  return jobs;
}

async function hang({ gateway, model }: Lab, job: string): Promise<void> {
  assert.equal((await runNow(gateway, job)).kind, "enqueued");
  await model.waitForRequest(({ job: name, endedAt }) => name === "killed" && endedAt === undefined, LONG);
}

async function movedTo(old: Lab, version: GatewayVersion, scheduler: "on" | "off", jobs: Jobs): Promise<Lab> {
  const before = { told: await told(old.gateway, jobs.told), killed: await told(old.gateway, jobs.killed) };
  const lab = await old.moveTo(version);
  const startedAt = storedState(old.home, jobs.killed).runningAtMs ?? 0;
  const { gateway, home } = lab;
  if (version === "2026.9.6") await withoutIdentity(home.stateFolder);
  try {
    await gateway.start({ scheduler, timeout: 180_000 });
    const isLost = ({ runAtMs }: { readonly runAtMs: unknown }): boolean =>
      Math.abs(Number(runAtMs) - startedAt) <= SAME_RUN;
    await until(`the lost run is told under ${version}`, async () => (await told(gateway, jobs.killed)).some(isLost), {
      timeout: 180_000,
      interval: 500,
    });
    await waitForLooks(gateway, 3);
    const after = { told: await told(gateway, jobs.told), killed: await told(gateway, jobs.killed) };
    assert.deepEqual(after.told, before.told);
    assert.deepEqual(after.killed.slice(0, -1), before.killed);
    const [lost, ...more] = after.killed.filter(isLost);
    assert.deepEqual(more, []);
    assert.equal(lost?.status, "error");
    assert.equal(TAG.test(String(lost?.error)), scheduler === "off");
    assert.equal((await listed(gateway, jobs.killed)).state.runningAtMs, undefined);
    await hang(lab, jobs.killed);
  } catch (error) {
    await gateway.kill9();
    throw error;
  }
  return lab;
}

/**
 * 2026.9.6 takes over the device's identity with a native helper, which npm leaves out under an old Node; without one it
 * makes a new identity.
 */
const withoutIdentity = (stateFolder: string): Promise<void> =>
  rm(join(stateFolder, "identity"), { recursive: true, force: true });
