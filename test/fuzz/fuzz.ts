import { parseArgs } from "node:util";
import { type Fuzzed, fuzz } from "./search.ts";

const HELP = `npm run fuzz -- [--minutes N] [--seed N] [--json]

Plays random schedules against the adapters, on real files and real SQLite stores of all four generations: runs that
begin, live, end and are lost; our passes, cut before any of their file and database operations by a move of the
gateway, a busy store, a write of somebody else, a torn line or the death of the process; records that are broken.

  --minutes N   how long to search (default 1)
  --seed N      repeats a search (default: another one each time; it is printed)
  --json        the result as JSON
  --help        this text

Ends with 1 if a schedule was found that clears the mark of a live run, writes a second entry for a run, changes
anything but the named record, or leaves an orphan stuck. The schedule is printed, as small as it could be made: put
it into test/fuzz/kept.json, which is replayed first each time.`;

export function spoken(of: Fuzzed): string {
  const { seed, seconds, schedules, passes, releases, crashes, failure } = of;
  const lines = [
    `fuzz seed ${seed} (npm run fuzz -- --seed ${seed} repeats it)`,
    `${schedules} schedules, ${passes} passes, ${releases} releases, ${crashes} crashes, ${seconds.toFixed(1)} s`,
  ];
  if (failure !== undefined) {
    lines.push(`FAULT ${failure.fault}`, JSON.stringify(failure.schedule));
    if (failure.path !== undefined) lines.push(`fast-check path ${failure.path}`);
  }
  return lines.join("\n");
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      minutes: { type: "string", default: "1" },
      seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return console.log(HELP);
  const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
  if (!(minutes > 0) || !Number.isSafeInteger(seed)) {
    console.error(`--minutes wants a number above 0 and --seed a whole number\n\n${HELP}`);
    process.exitCode = 2;
    return;
  }
  const result = await fuzz(seed, minutes);
  console.log(
    values.json ? JSON.stringify({ ...result, failure: result.failure ?? null }, undefined, 2) : spoken(result),
  );
  if (result.failure !== undefined) process.exitCode = 1;
}

if (import.meta.main) await main();
