import { readFile, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { root } from "../build/build.ts";
import { VERSIONS } from "./arguments.ts";
import type { RequiredFate } from "./fate.ts";
import { isSlow } from "./rows.ts";
import { asMarkdown, summary } from "./table.ts";
import type { Cell } from "./verdict.ts";

const DOCUMENT = join(root, "docs", "gateways.md");
const README = join(root, "README.md");

const STORES = {
  "2026.4.14": "jobs.json",
  "2026.5.28": "jobs.json + jobs-state.json",
  "2026.7.1-2": "SQLite, run logs",
  "2026.8.2": "SQLite, run receipts",
  "2026.9.6": "SQLite, run receipts",
} as const;

/** Writes what a whole run has seen into docs/gateways.md and into the README. */
export async function writeDocs(cells: readonly Cell[], seconds: number, full: boolean): Promise<void> {
  const quick = cells.filter(({ row }) => !isSlow(row));
  const slow = cells.filter(({ row }) => isSlow(row));
  const text = await readFile(DOCUMENT, "utf8");
  const run = [asMarkdown(quick), seenWith("npm run gateways", seconds, quick)].join("\n\n");
  const withRun = between(text, "run", run);
  const rest = [asMarkdown(slow), seenWith("npm run gateways -- --full", seconds, slow)].join("\n\n");
  await writeFile(DOCUMENT, full ? between(withRun, "slow", rest) : withRun);
  await writeFile(README, between(await readFile(README, "utf8"), "gateways", supported(quick)));
}

/** Puts the new text between the two comments of that name. */
export function between(text: string, name: string, inside: string): string {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const from = text.indexOf(open);
  const to = text.indexOf(close);
  if (from < 0 || to < from) throw new Error(`no ${open} … ${close} to write between`);
  return `${text.slice(0, from + open.length)}\n${inside}\n${text.slice(to)}`;
}

function seenWith(command: string, seconds: number, cells: readonly Cell[]): string {
  const minutes = Math.round(seconds / 60);
  const machine = `${availableParallelism()} cores, Node ${process.version.slice(1)}`;
  return `\`${command}\` on ${new Date().toISOString().slice(0, 10)}: ${summary(cells)}, ${minutes} minutes, ${machine}.`;
}

/** How many states each gateway gets into, and what becomes of them. */
export function supported(cells: readonly Cell[]): string {
  const head = "| gateway (store) | states | healed by itself | freed by us | told by us | named, left alone |";
  const lines = VERSIONS.map((version) => {
    const there = cells.filter((cell) => cell.version === version && cell.outcome !== "n.a.");
    if (there.length === 0) return `| ${version} (${STORES[version]}) | not run | | | | |`;
    const failed = there.filter(({ outcome }) => outcome === "failed").length;
    const of = (...fates: readonly RequiredFate[]) =>
      there.filter(
        ({ outcome, helped }) =>
          outcome === "passed" && helped?.kind === "seen" && fates.some((fate) => fate === helped.fate),
      ).length;
    const counts = [
      failed > 0 ? `${there.length}, ${failed} failed` : there.length,
      of("by the gateway"),
      of("by us", "by us, own result kept", "by us, own result restored"),
      of("by the gateway, told by us"),
      of("named, left alone"),
    ];
    return `| ${version} (${STORES[version]}) | ${counts.join(" | ")} |`;
  });
  return [head, "|---|---|---|---|---|---|", ...lines].join("\n");
}
