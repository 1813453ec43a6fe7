import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Sin } from "./checker.ts";
import type { Counts } from "./counts.ts";
import type { Arm } from "./diary.ts";

export const RESULTS = resolve(import.meta.dirname, "results.jsonl");

/** One line of the committed file. */
export interface Result {
  readonly seed: number;
  readonly version: string;
  readonly arm: Arm;
  readonly scheduler: "on" | "off";
  readonly at: string;
  /** Of the plugin that was tested; two builds that differ have different ones. */
  readonly build: string;
  readonly seconds: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly counts: Counts;
  readonly verdict: "clean" | "sinned";
  readonly sins: Readonly<Record<string, number>>;
}

/** A cycle that could not be played to its end is no result; that it happened stands here all the same. */
export interface Aborted {
  readonly seed: number;
  readonly version: string;
  readonly arm: Arm;
  readonly at: string;
  readonly aborted: string;
}

export const append = (line: Result | Aborted): void => appendFileSync(RESULTS, `${JSON.stringify(line)}\n`);

export function readResults(): readonly (Result | Aborted)[] {
  if (!existsSync(RESULTS)) return [];
  return readFileSync(RESULTS, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Result | Aborted);
}

export const isResult = (line: Result | Aborted): line is Result => "verdict" in line;

/** How often each kind of sin was committed. */
export function tally(sins: readonly Sin[]): Readonly<Record<string, number>> {
  const kinds: Record<string, number> = {};
  for (const { kind } of sins) kinds[kind] = (kinds[kind] ?? 0) + 1;
  return kinds;
}
