import assert from "node:assert/strict";
import { BRISK, PLUGIN_CONFIG } from "../2026-9-6/configured.ts";
import { looksFor, waitForSaying } from "../2026-9-6/said.ts";
import { cli } from "../harness/cli.ts";
import { type HistoryEntry, listed, runNow, waitForHistory } from "../harness/jobs.ts";
import { storedState } from "../harness/store.ts";
import { until } from "../harness/until.ts";
import type { LostRun } from "./failed-writes.ts";
import { BOTH_WINDOWS, deedsOn, inMemory, type Lab, makeLab } from "./lab.ts";

/** Orphans are shown without a deed of the plugin first; three at once it would not believe. */
export const makeObservingLab = (): Promise<Lab> =>
  makeLab({ ...BRISK, mode: "observe" }, { reload: "hybrid", channel: true });

/** The mark outlives its run in the store, and the scheduler takes it over when it reads the store again. */
export async function assertOrphaned({ gateway, home }: Lab, { job, mark }: LostRun): Promise<void> {
  assert.equal(storedState(home, job).runningAtMs, mark, "the mark is still in the store");
  const adopted = async () => (await inMemory(gateway, job)) === mark;
  await until("the scheduler has adopted the mark", adopted, { timeout: 300_000, interval: 500 });
}

/** For longer than both windows each job says that it runs, refuses to run, and nobody asks the model. */
export async function assertStuck({ gateway, model }: Lab, runs: readonly LostRun[]): Promise<void> {
  await looksFor(gateway, BOTH_WINDOWS);
  for (const { job, name, mark } of runs) {
    const withheld = new RegExp(`^would be released, withheld job=${job} .*because="observe mode"`);
    await waitForSaying(gateway, withheld, { timeout: 300_000 });
    assert.equal((await listed(gateway, job)).status, "running", name);
    assert.equal(await inMemory(gateway, job), mark, name);
    assert.deepEqual(await runNow(gateway, job), { kind: "refused", reason: "already-running" });
    assert.equal(model.of(name).length, 1, name);
  }
}

/** Answers the line of each release. */
export async function heal({ gateway, home }: Lab, runs: readonly LostRun[]): Promise<readonly string[]> {
  const since = gateway.mark();
  const { code, stdout, stderr } = await cli(gateway, "config", "set", `${PLUGIN_CONFIG}.mode`, "heal");
  assert.equal(code, 0, stdout + stderr);
  const lines: string[] = [];
  for (const { job, name, mark } of runs) {
    const line = await waitForSaying(gateway, new RegExp(`^released job=${job} `), { since, timeout: 300_000 });
    assert.match(line, /why="every witness absent at two looks"/, name);
    assert.notEqual(storedState(home, job).runningAtMs, mark);
    lines.push(line);
  }
  return lines;
}

/** The job's state tells what the entry tells, and waits for a slot to come. */
export function assertSettled({ home }: Lab, { job }: LostRun, entry: HistoryEntry | undefined): void {
  const { lastRunAtMs, lastRunStatus, nextRunAtMs = 0, runningAtMs } = storedState(home, job);
  assert.deepEqual(
    { lastRunAtMs, lastRunStatus, runningAtMs },
    { lastRunAtMs: entry?.runAtMs, lastRunStatus: "ok", runningAtMs: undefined },
  );
  assert.ok(nextRunAtMs > Date.now());
}

/** A slot that was served is not run once more; the job runs when it is asked to. */
export async function assertServedOnce({ gateway, model }: Lab, { job, name }: LostRun): Promise<void> {
  await looksFor(gateway, 10);
  assert.equal(model.of(name).length, 1);
  assert.equal((await runNow(gateway, job)).kind, "enqueued");
  await until(`${name} runs`, () => model.of(name).length === 2, { timeout: 60_000 });
  model.release((request) => request.job === name);
  assert.equal((await waitForHistory(gateway, job, 2))[0]?.status, "ok");
}

/** However long we looked. */
export const releasedOnce = ({ gateway }: Lab, { job }: LostRun): boolean =>
  deedsOn(gateway, job).filter((line) => line.startsWith("released")).length === 1;
