import type { Gateway, LogMark } from "../harness/gateway.ts";
import { type Patience, until } from "../harness/until.ts";

const PREFIX = "openclaw-cron-healer: ";

type Since = Patience & { readonly since?: LogMark };

/** What the plugin has said, each line once and without its name. */
export function said(gateway: Gateway, since = 0 as LogMark): readonly string[] {
  return gateway
    .linesSince(since)
    .filter(({ source, text }) => source === "file" && text.startsWith(PREFIX))
    .map(({ text }) => text.slice(PREFIX.length));
}

/** What it has said of one job. */
export const saidOf = (gateway: Gateway, job: string, since?: LogMark): readonly string[] =>
  said(gateway, since).filter((line) => line.includes(`job=${job} `));

export function waitForSaying(gateway: Gateway, pattern: RegExp, { since, ...patience }: Since = {}): Promise<string> {
  const found = () => said(gateway, since).find((line) => pattern.test(line));
  return until(`the plugin says ${pattern}`, found, { timeout: 60_000, ...patience });
}

/** Seconds of process time at its last look; the plugin must log at debug. */
const lastLook = (gateway: Gateway, since: LogMark): number | undefined => {
  const seconds = said(gateway, since).flatMap((line) => /^looked .*second=(\d+)/.exec(line)?.[1] ?? []);
  return seconds.length === 0 ? undefined : Number(seconds.at(-1));
};

/**
 * Waits until the plugin has looked through so many seconds of its own process time: with both windows in them, a
 * silent run would have been released.
 */
export async function looksFor(gateway: Gateway, seconds: number, since = gateway.mark()): Promise<void> {
  const timeout = seconds * 2000 + 60_000;
  const first = await until("the plugin looks", () => lastLook(gateway, since), { timeout, interval: 200 });
  const enough = () => (lastLook(gateway, since) ?? 0) >= first + seconds;
  await until(`the plugin has looked for ${seconds} s`, enough, { timeout, interval: 200 });
}

/** Waits for so many looks from now on. */
export async function waitForLooks(gateway: Gateway, count: number, since = gateway.mark()): Promise<void> {
  const looks = () => said(gateway, since).filter((line) => line.startsWith("looked ")).length;
  await until(`the plugin has looked ${count} times`, () => looks() >= count, { timeout: 90_000, interval: 200 });
}
