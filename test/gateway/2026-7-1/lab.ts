import assert from "node:assert/strict";
import { BRISK } from "../2026-9-6/configured.ts";
import { deeds } from "../2026-9-6/said.ts";
import { Gateway, type LogMark } from "../harness/gateway.ts";
import { type Home, type HomeOptions, type Json, makeHome } from "../harness/home.ts";
import { addJob, history, listed } from "../harness/jobs.ts";
import { FakeModel } from "../harness/model.ts";
import { healer } from "../harness/plugin.ts";
import { Probe } from "../harness/probe.ts";
import { plantMark, type StatePatch, storedState } from "../harness/store.ts";
import { until } from "../harness/until.ts";

export const VERSION = "2026.7.1-2";

/** Both windows and three looks, in seconds of the plugin's own time. */
export const BOTH_WINDOWS = 55;

export const OURS = /^\[synthesized by openclaw-cron-healer\] run lost: /;

export interface Lab extends AsyncDisposable {
  readonly model: FakeModel;
  readonly home: Home;
  readonly gateway: Gateway;
  readonly probe: Probe;
}

/** A model, a home with the plugin in it and a gateway that is not started yet. */
export async function makeLab(settings: Json = BRISK, options: Partial<HomeOptions> = {}): Promise<Lab> {
  const model = await FakeModel.start();
  const home = await makeHome({ version: VERSION, model, plugins: [await healer(settings)], ...options });
  const gateway = new Gateway(home);
  return {
    model,
    home,
    gateway,
    probe: new Probe(gateway),
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await home[Symbol.asyncDispose]();
      await model[Symbol.asyncDispose]();
    },
  };
}

/** Marks in the store of a running gateway: its scheduler reads them at its next tick, which a job that is due makes. */
export async function plantAndAdopt(
  { gateway, home }: Lab,
  marks: Readonly<Record<string, StatePatch>>,
): Promise<void> {
  await addJob(gateway, { name: "next", at: new Date(Date.now() + 3000) });
  for (const [job, state] of Object.entries(marks)) plantMark(home, job, state);
  for (const job of Object.keys(marks)) {
    await until(
      `the scheduler has adopted the mark of ${job}`,
      async () => (await inMemory(gateway, job)) !== undefined,
      {
        timeout: 30_000,
        interval: 200,
      },
    );
  }
}

export const inMemory = async (gateway: Gateway, job: string): Promise<number | undefined> =>
  (await listed(gateway, job)).state.runningAtMs;

export const deedsOn = (gateway: Gateway, job: string, since?: LogMark): readonly string[] =>
  deeds(gateway, since).filter((line) => line.includes(`job=${job} `));

/** The mark of a run as it was, nothing told of it, nothing done to it. */
export async function assertUntouched({ gateway, home }: Lab, job: string, mark: number | undefined): Promise<void> {
  assert.notEqual(mark, undefined);
  assert.equal(storedState(home, job).runningAtMs, mark);
  assert.equal((await listed(gateway, job)).status, "running");
  assert.deepEqual(await history(gateway, job), []);
  assert.deepEqual(deedsOn(gateway, job), []);
}

/** Lets the scheduler itself start all of them in one tick. */
export async function dueTogether(gateway: Gateway, jobs: readonly string[]): Promise<void> {
  const nextRunAtMs = Date.now() + 3000;
  for (const id of jobs) await gateway.call("cron.update", { id, patch: { state: { nextRunAtMs } } });
}
