import { parseArgs } from "node:util";
import type { GatewayVersion } from "../gateway/harness/generation.ts";
import { isSlow, ROW_NAMES, ROWS, type RowName } from "./rows.ts";

export const VERSIONS: readonly GatewayVersion[] = ["2026.4.14", "2026.5.28", "2026.7.1-2", "2026.8.2", "2026.9.6"];

export type Arguments =
  | {
      readonly kind: "run";
      readonly versions: readonly GatewayVersion[];
      readonly rows: readonly RowName[];
      readonly json: boolean;
      readonly write: boolean;
      readonly full: boolean;
    }
  | { readonly kind: "help" }
  | { readonly kind: "wrong"; readonly because: string };

export const HELP = `Runs every known stuck state against real gateways, without the plugin and with it, and prints what became of it.

  npm run gateways                          all versions, all rows but the slow ones
  npm run gateways -- --only 2026.7.1-2     one version; may be given more than once
  npm run gateways -- --row killed          one row; may be given more than once
  npm run gateways -- --full                the slow rows too
  npm run gateways -- --json                one JSON document instead of the table
  npm run gateways -- --write               writes docs/gateways.md and the README's table from this run

versions: ${VERSIONS.join(" ")}
rows:
${ROW_NAMES.map((row) => `  ${row.padEnd(22)} ${ROWS[row].title}${isSlow(row) ? " (slow)" : ""}`).join("\n")}

The exit code is 0 if every cell is as test/gateways/required.ts requires it, 1 if not, 2 if the arguments make no sense.
`;

export function parseArguments(given: readonly string[]): Arguments {
  let values: ReturnType<typeof parse>;
  try {
    values = parse(given);
  } catch (error) {
    return wrong((error as Error).message);
  }
  const { only = [], row = [], full, json, write, help } = values;
  if (help) return { kind: "help" };
  const strangeVersion = only.find((version) => !VERSIONS.includes(version as GatewayVersion));
  if (strangeVersion !== undefined) return wrong(`--only ${strangeVersion}: the versions are ${VERSIONS.join(", ")}`);
  const strangeRow = row.find((name) => !ROW_NAMES.includes(name as RowName));
  if (strangeRow !== undefined) return wrong(`--row ${strangeRow}: the rows are ${ROW_NAMES.join(", ")}`);
  if (write && (only.length > 0 || row.length > 0)) return wrong("--write wants a whole run: no --only, no --row");
  return {
    kind: "run",
    versions: VERSIONS.filter((version) => only.length === 0 || only.includes(version)),
    rows: ROW_NAMES.filter((name) => (row.length > 0 ? row.includes(name) : full || !isSlow(name))),
    json,
    write,
    full,
  };
}

function parse(args: readonly string[]) {
  const flag = { type: "boolean", default: false } as const;
  const list = { type: "string", multiple: true } as const;
  const options = { only: list, row: list, full: flag, json: flag, write: flag, help: flag };
  return parseArgs({ args: [...args], options }).values;
}

const wrong = (because: string): Arguments => ({ kind: "wrong", because });
