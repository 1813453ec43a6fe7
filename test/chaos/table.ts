import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Counts } from "./counts.ts";
import { type Aborted, isResult, type Result } from "./results.ts";

const DOCUMENT = resolve(import.meta.dirname, "../../docs/proof.md");
const BEGIN = "<!-- chaos: written by `npm run chaos -- --docs` -->";
const END = "<!-- chaos: end -->";

/** Puts the table into the document, between its marks. */
export function intoDocument(text: string): void {
  const document = readFileSync(DOCUMENT, "utf8");
  const [begin, end] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${DOCUMENT} lacks the marks of the table`);
  writeFileSync(DOCUMENT, `${document.slice(0, begin + BEGIN.length)}\n${text}\n${document.slice(end)}`);
}

type Column = readonly Result[];

/** The figures of the committed file, side by side, as Markdown. */
export function table(lines: readonly (Result | Aborted)[]): string {
  const results = lines.filter(isResult);
  const columns = [...Map.groupBy(results, ({ version, arm }) => `${version}, ${arm} the plugin`)].toSorted(
    ([one], [other]) => (one < other ? -1 : 1),
  );
  const head = ["", ...columns.map(([name]) => name)];
  const rows = ROWS.map(([name, value]) => [name, ...columns.map(([, column]) => value(column))]);
  return [head, head.map((_, index) => (index === 0 ? "---" : "---:")), ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}

const sum = (column: Column, of: (counts: Counts) => number): string =>
  column.reduce((total, { counts }) => total + of(counts), 0).toLocaleString("en");

const ROWS: readonly (readonly [string, (column: Column) => string])[] = [
  ["cycles", (column) => String(column.length)],
  ["of these with the scheduler off", (column) => String(column.filter(({ scheduler }) => scheduler === "off").length)],
  ["runs that the model really saw", (column) => sum(column, ({ executions }) => executions)],
  ["orphans really made", (column) => sum(column, ({ orphans }) => orphans)],
  ["… by the death of the gateway", (column) => sum(column, ({ orphansByDeath }) => orphansByDeath)],
  ["… planted in the store", (column) => sum(column, ({ orphansPlanted }) => orphansPlanted)],
  ["… by a store that failed", (column) => sum(column, ({ orphansByLostWrite }) => orphansByLostWrite)],
  ["of these healed or told by the plugin", (column) => sum(column, ({ healedByPlugin }) => healedByPlugin)],
  ["**orphans left**", (column) => sum(column, ({ orphansLeft }) => orphansLeft)],
  [
    "longest stay of an orphan's mark, boots included",
    (column) => `${Math.round(Math.max(...column.map(({ counts }) => counts.longestHeld)) / 1000)} s`,
  ],
  ["jobs that refuse to run afterwards", (column) => sum(column, ({ refused }) => refused)],
  ["live runs without a session when looked at", (column) => sum(column, ({ liveHeld }) => liveHeld)],
  ["… of these silent at a first look", (column) => sum(column, ({ liveSuspected }) => liveSuspected)],
  ["**live runs released**", (column) => sum(column, ({ liveReleased }) => liveReleased)],
  ["**double runs after a release**", (column) => sum(column, ({ doubleAfterRelease }) => doubleAfterRelease)],
  ["double runs by the gateway itself", (column) => sum(column, ({ doubleByGateway }) => doubleByGateway)],
  ["**results overwritten**", (column) => sum(column, ({ overwritten }) => overwritten)],
  ["**entries missing**", (column) => sum(column, ({ entriesMissing }) => entriesMissing)],
  ["**entries doubled or false**", (column) => sum(column, ({ entriesDoubled }) => entriesDoubled)],
  ["runs lost without a mark (nobody could know)", (column) => sum(column, ({ lostWithoutMark }) => lostWithoutMark)],
  ["cycles without a sin", (column) => String(column.filter(({ verdict }) => verdict === "clean").length)],
];
