import assert from "node:assert/strict";
import { TAG } from "../../../plugin/core/entry.ts";
import { Gateway, type LogMark } from "../harness/gateway.ts";
import { type Home, type HomeOptions, type Json, makeHome } from "../harness/home.ts";
import { type HistoryEntry, type JobSpec, listed } from "../harness/jobs.ts";
import type { LogLine } from "../harness/log.ts";
import { FakeModel } from "../harness/model.ts";
import { HEALER, healer } from "../harness/plugin.ts";
import { Probe } from "../harness/probe.ts";
import { storedHistory } from "../harness/store.ts";
import { until } from "../harness/until.ts";

/** The shortest windows that the settings allow, and a debug line for every pass. */
export const QUICK = {
  scanSeconds: 5,
  graceSeconds: 20,
  lookSeconds: 20,
  endedSeconds: 15,
  logLevel: "debug",
} as const;

/** Both of QUICK's windows and a scan more: a mark that is wrongly taken for dead is gone by then. */
const BOTH_WINDOWS = 46_000;

export interface Lab extends AsyncDisposable {
  readonly model: FakeModel;
  readonly home: Home;
  readonly gateway: Gateway;
  readonly probe: Probe;
}

/** A model, a home with the plugin in it and a gateway that is not started yet. */
export async function makeLab(settings: Json = QUICK, options: Partial<HomeOptions> = {}): Promise<Lab> {
  const model = await FakeModel.start();
  const home = await makeHome({ version: "2026.4.14", model, plugins: [await healer(settings)], ...options });
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

/** What the plugin has said since the mark, from the log file: the console lacks the debug lines. */
export function said(gateway: Gateway, since = 0 as LogMark): readonly LogLine[] {
  return gateway
    .linesSince(since)
    .filter(({ source, text }) => source === "file" && text.startsWith(`${HEALER}: `))
    .map((line) => ({ ...line, text: line.text.slice(HEALER.length + 2) }));
}

export const saidOf = (gateway: Gateway, jobId: string, since?: LogMark): readonly LogLine[] =>
  said(gateway, since).filter(({ text }) => text.includes(`job=${jobId}`));

export function waitUntilSaid(gateway: Gateway, pattern: RegExp, since?: LogMark, timeout = 60_000): Promise<LogLine> {
  const found = () => said(gateway, since).find(({ text }) => pattern.test(text));
  return until(`the plugin says ${pattern}`, found, { timeout });
}

/** Waits for so many more passes, by the debug line that each writes. */
export async function passes(gateway: Gateway, count: number, since = gateway.mark()): Promise<void> {
  const looks = () => said(gateway, since).filter(({ text }) => text.startsWith("looked ")).length;
  await until(`the plugin has looked ${count} times`, () => looks() >= count, { timeout: 60_000, interval: 200 });
}

/** Waits until the plugin has looked at least three times more, the last time later than both windows after the first. */
export async function watchedBeyondBothWindows(gateway: Gateway): Promise<void> {
  const since = gateway.mark();
  const longEnough = (): boolean => {
    const looks = said(gateway, since).filter(({ text }) => text.startsWith("looked "));
    return looks.length >= 3 && (looks.at(-1)?.at ?? 0) - (looks[0]?.at ?? 0) > BOTH_WINDOWS;
  };
  await until("the plugin has looked beyond both windows", longEnough, { timeout: 150_000, interval: 500 });
}

export const ourEntries = (home: Home, jobId: string): readonly HistoryEntry[] =>
  storedHistory(home, jobId).filter(({ error }) => error?.startsWith(TAG));

/** The mark as the gateway shows it. */
export async function markOf(gateway: Gateway, jobId: string): Promise<number> {
  const { state } = await until(`job ${jobId} is marked`, async () => {
    const job = await listed(gateway, jobId);
    return job.state.runningAtMs !== undefined && job;
  });
  return state.runningAtMs as number;
}

const DEED = /^(released|wrote the missing history|would be|could not be|let go)/;

export interface Judged {
  /** The run's mark; any run's without it. */
  readonly mark?: number | undefined;
  readonly since?: LogMark;
}

/** The plugin has done nothing to the run, nor tried to, and its mark still stands. */
export async function assertUntouched(
  { gateway, home }: Lab,
  jobId: string,
  { mark, since }: Judged = {},
): Promise<void> {
  const deeds = saidOf(gateway, jobId, since).filter(({ text }) => DEED.test(text));
  assert.deepEqual(
    deeds.map(({ text }) => text),
    [],
  );
  const ours = ourEntries(home, jobId).filter(
    ({ runAtMs = 0 }) => mark === undefined || Math.abs(runAtMs - mark) < 1000,
  );
  assert.deepEqual(ours, []);
  if (mark !== undefined) assert.equal((await listed(gateway, jobId)).state.runningAtMs, mark);
}

/** Lets the scheduler itself start all of them in one tick. */
export async function dueTogether(gateway: Gateway, jobIds: readonly string[], inMilliseconds = 2500): Promise<void> {
  const nextRunAtMs = Date.now() + inMilliseconds;
  for (const id of jobIds) await gateway.call("cron.update", { id, patch: { state: { nextRunAtMs } } });
}

/** The three runs that no session shows while they hang, for a home with HANGING. */
export const ANNOUNCE: JobSpec = { name: "announce", deliver: { channel: "probechan", to: "hang" } };
export const CLI: JobSpec = { name: "cli", prompt: "[[hang]]", model: "fake-cli/one" };
export const HOOK: JobSpec = { name: "hook", prompt: "[[hookhang]]" };

/** A channel that holds deliveries, a CLI model beside the HTTP one, and room for four runs at once. */
export const HANGING: Partial<HomeOptions> = {
  channel: true,
  cliBackend: true,
  cron: { maxConcurrentRuns: 4 },
  config: { agents: { defaults: { model: { primary: "fake/fake-1" } } } },
};
