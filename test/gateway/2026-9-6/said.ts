import type { Gateway, LogMark } from "../harness/gateway.ts";
import type { LogLine } from "../harness/log.ts";
import { type Patience, until } from "../harness/until.ts";

const PREFIX = "openclaw-cron-healer: ";

const lines = (gateway: Gateway, since = 0 as LogMark): readonly LogLine[] =>
  gateway.linesSince(since).filter(({ source, text }) => source === "file" && text.startsWith(PREFIX));

const sentence = ({ text }: LogLine): string => text.slice(PREFIX.length);

type Since = Patience & { readonly since?: LogMark };

/** What the plugin has said, each line once and without its name. */
export const said = (gateway: Gateway, since?: LogMark): readonly string[] => lines(gateway, since).map(sentence);

/** What an operator sees of it at the default log level. */
export const saidAloud = (gateway: Gateway, since?: LogMark): readonly string[] =>
  lines(gateway, since)
    .filter(({ level }) => level !== "debug")
    .map(sentence);

/** What it has said of one job. */
export const saidOf = (gateway: Gateway, job: string, since?: LogMark): readonly string[] =>
  said(gateway, since).filter((line) => line.includes(`job=${job} `));

/** Every sentence about a release, done, withheld or failed. */
export const deeds = (gateway: Gateway, since?: LogMark): readonly string[] =>
  said(gateway, since).filter((line) => /^(released|freed|would be|could not be|wrote)/.test(line));

export function waitForSaying(gateway: Gateway, pattern: RegExp, { since, ...patience }: Since = {}): Promise<string> {
  const found = () => said(gateway, since).find((line) => pattern.test(line));
  return until(`the plugin says ${pattern}`, found, { timeout: 60_000, ...patience });
}

/** Seconds of process time at each look; the plugin must log at debug. */
const looks = (gateway: Gateway, since: LogMark): readonly number[] =>
  said(gateway, since).flatMap((line) => {
    const second = /^looked .*second=(\d+)/.exec(line)?.[1];
    return second === undefined ? [] : [Number(second)];
  });

/**
 * Waits until the plugin has looked, since the mark, through so many seconds of its own process time: with both windows
 * in them, a silent run would have been released.
 */
export async function looksFor(gateway: Gateway, seconds: number, since = gateway.mark()): Promise<void> {
  const enough = (): boolean => {
    const [first = Number.NaN, ...later] = looks(gateway, since);
    return (later.at(-1) ?? 0) - first >= seconds;
  };
  await until(`the plugin has looked for ${seconds} s`, enough, { timeout: seconds * 2000 + 60_000, interval: 200 });
}

/** Waits for so many looks from now on. */
export async function waitForLooks(gateway: Gateway, count: number, since = gateway.mark()): Promise<void> {
  const enough = (): boolean => looks(gateway, since).length >= count;
  await until(`the plugin has looked ${count} times`, enough, { timeout: 90_000, interval: 200 });
}
