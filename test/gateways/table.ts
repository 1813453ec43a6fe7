import type { GatewayVersion } from "../gateway/harness/generation.ts";
import { VERSIONS } from "./arguments.ts";
import { ROWS, type RowName } from "./rows.ts";
import type { Cell } from "./verdict.ts";

const COLUMN = " | ";

/** Rows: stuck states; columns: versions. */
export function grid(cells: readonly Cell[]): readonly (readonly string[])[] {
  const versions = VERSIONS.filter((version) => cells.some((cell) => cell.version === version));
  const rows = distinct(cells.map(({ row }) => row));
  const at = (row: RowName, version: GatewayVersion): string => {
    const cell = cells.find((each) => each.row === row && each.version === version);
    return cell === undefined ? "" : spoken(cell);
  };
  return [["", ...versions], ...rows.map((row) => [ROWS[row].title, ...versions.map((version) => at(row, version))])];
}

export function spoken({ outcome, helped, alone }: Cell): string {
  if (outcome === "n.a.") return "n.a.";
  const seen = helped ?? alone;
  if (seen?.kind !== "seen") return "FAILED";
  const seconds = seen.seconds === undefined ? "" : `, ${seen.seconds.toFixed(1)} s`;
  return `${outcome === "failed" ? "FAILED: " : ""}${seen.fate}${seconds}`;
}

export function asText(cells: readonly Cell[]): string {
  const lines = grid(cells);
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const padded = lines.map((line) =>
    line
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join(COLUMN)
      .trimEnd(),
  );
  const rule = widths.map((width) => "-".repeat(width)).join("-+-");
  const failed = cells.filter(({ outcome }) => outcome === "failed");
  const reasons = failed.map(({ row, version, because }) => `${version} ${row}: ${because}`);
  const [head = "", ...body] = padded;
  const parts = [[head, rule, ...body], ...(reasons.length > 0 ? [["Failed:", ...reasons]] : []), [summary(cells)]];
  return `${parts.map((part) => part.join("\n")).join("\n\n")}\n`;
}

export const asMarkdown = (cells: readonly Cell[]): string => {
  const [head = [], ...body] = grid(cells).map((line) => `| ${line.join(" | ")} |`);
  const columns = grid(cells)[0]?.length ?? 0;
  return [head, `|${"---|".repeat(columns)}`, ...body].join("\n");
};

export function asJson(cells: readonly Cell[], seconds: number): string {
  const { passed, failed } = count(cells);
  return `${JSON.stringify({ date: new Date().toISOString(), seconds, passed, failed, cells }, null, 2)}\n`;
}

export function count(cells: readonly Cell[]): { readonly passed: number; readonly failed: number } {
  const of = (outcome: Cell["outcome"]) => cells.filter((cell) => cell.outcome === outcome).length;
  return { passed: of("passed"), failed: of("failed") };
}

export function summary(cells: readonly Cell[]): string {
  const { passed, failed } = count(cells);
  return `${passed} passed, ${failed} failed`;
}

const distinct = <T>(values: readonly T[]): readonly T[] => [...new Set(values)];
