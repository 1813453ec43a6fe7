/** The fault matrix on real gateways. `npm run gateways`, `npm run gateways -- --help`. */
import type { GatewayVersion } from "../gateway/harness/generation.ts";
import { installed } from "../gateway/harness/install.ts";
import { type Arguments, HELP, parseArguments } from "./arguments.ts";
import { writeDocs } from "./docs.ts";
import { play } from "./play.ts";
import { pooled } from "./pool.ts";
import { REQUIRED } from "./required.ts";
import type { RowName } from "./rows.ts";
import type { Scene } from "./scene.ts";
import { SCENES } from "./scenes.ts";
import { asJson, asText, count, spoken, summary } from "./table.ts";
import { type Cell, judged } from "./verdict.ts";

const AT_ONCE = 2;
const began = performance.now();
const elapsed = (): number => Math.round((performance.now() - began) / 1000);

function say(text: string): void {
  process.stderr.write(`${String(elapsed()).padStart(5)} s  ${text}\n`);
}

async function run({ versions, rows, json, write, full }: Arguments & { kind: "run" }): Promise<readonly Cell[]> {
  for (const version of versions) await installed(version);
  const exists = (row: RowName, version: GatewayVersion): boolean => REQUIRED[row][version].kind === "required";
  const cells = new Map<string, Cell>();
  for (const version of versions) {
    for (const row of rows) {
      if (!exists(row, version))
        cells.set(key(row, version), judged(row, version, REQUIRED[row][version], undefined, undefined));
    }
  }
  const tasks = SCENES.flatMap((scene) => versions.map((version) => ({ scene, version })));
  await pooled(AT_ONCE, tasks, async ({ scene, version }) => {
    const wanted = scene.rows.filter((row) => rows.includes(row) && exists(row, version));
    if (wanted.length === 0 || scene.versions?.includes(version) === false) return;
    for (const cell of await told(scene, version, wanted)) cells.set(key(cell.row, version), cell);
  });
  const all = rows.flatMap((row) => versions.flatMap((version) => cells.get(key(row, version)) ?? []));
  process.stdout.write(json ? asJson(all, elapsed()) : asText(all));
  if (json) process.stderr.write(`${summary(all)}\n`);
  if (write) await writeDocs(all, elapsed(), full);
  return all;
}

async function told(scene: Scene, version: GatewayVersion, rows: readonly RowName[]): Promise<readonly Cell[]> {
  say(`${version}  ${scene.name}: ${rows.join(", ")}`);
  const cells = await play(scene, version, rows);
  for (const cell of cells) {
    say(`${version}  ${cell.outcome === "passed" ? "ok    " : "FAILED"}  ${cell.row}: ${cell.because ?? spoken(cell)}`);
  }
  return cells;
}

const key = (row: RowName, version: GatewayVersion): string => `${row} ${version}`;

const given = parseArguments(process.argv.slice(2));
switch (given.kind) {
  case "help":
    process.stdout.write(HELP);
    break;
  case "wrong":
    process.stderr.write(`${given.because}\n`);
    process.exitCode = 2;
    break;
  case "run":
    process.exitCode = count(await run(given)).failed === 0 ? 0 : 1;
    break;
}
