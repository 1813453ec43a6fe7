/** Random jobs and random faults on a real gateway, judged by a checker that knows only what really ran. */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { GatewayVersion } from "../gateway/harness/generation.ts";
import { installed } from "../gateway/harness/install.ts";
import { healer } from "../gateway/harness/plugin.ts";
import { check } from "./checker.ts";
import type { Arm, Diary } from "./diary.ts";
import { planOf } from "./plan.ts";
import { Play } from "./play.ts";
import { append, type Result, readResults, tally } from "./results.ts";
import { type Scene, setScene, worldOf } from "./scene.ts";
import { intoDocument, table } from "./table.ts";

const HELP = `npm run chaos -- [options]

  --cycles N        so many more cycles (default 1)
  --gateway V       2026.4.14 or 2026.9.6 (default); 2026.5.28, 2026.7.1-2 and 2026.8.2 may work too
  --without         without the plugin, to see what the gateway alone makes of it
  --seed S          exactly this seed, even if it was played before; with --cycles N: S, S+1, …
  --parallel K      so many gateways at once (default 1)
  --minutes M       begin no cycle later than that
  --json            each result as one JSON line, and nothing else
  --table           print the table of all committed results, play nothing
  --docs            write that table into docs/proof.md
  --help

Without --seed the cycles go on after the highest seed that test/chaos/results.jsonl knows of this gateway and arm.
Each result is appended there; its diary is kept in test/chaos/.diaries (not committed).
`;

const { values } = parseArgs({
  options: {
    cycles: { type: "string", default: "1" },
    gateway: { type: "string", default: "2026.9.6" },
    without: { type: "boolean", default: false },
    seed: { type: "string" },
    parallel: { type: "string", default: "1" },
    minutes: { type: "string", default: "Infinity" },
    json: { type: "boolean", default: false },
    table: { type: "boolean", default: false },
    docs: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

const DIARIES = resolve(import.meta.dirname, ".diaries");
/** So many cycles are played on one home. */
const ON_ONE_HOME = 8;
const deadline = performance.now() + Number(values.minutes) * 60_000;

const VERSIONS: readonly GatewayVersion[] = ["2026.4.14", "2026.5.28", "2026.7.1-2", "2026.8.2", "2026.9.6"];
const version = VERSIONS.find((each) => each === values.gateway) ?? refuse(`--gateway ${values.gateway}`);
const cycles = positive("cycles");
const parallel = positive("parallel");
const arm: Arm = values.without ? "without" : "with";
const world = worldOf(version);
const say = (text: string): void => void (values.json || process.stdout.write(`${text}\n`));

if (values.help) process.stdout.write(HELP);
else if (values.table) process.stdout.write(`${table(readResults())}\n`);
else if (values.docs) intoDocument(table(readResults()));
else process.exitCode = await run();

function positive(option: "cycles" | "parallel"): number {
  const value = Number(values[option]);
  return Number.isInteger(value) && value > 0 ? value : refuse(`--${option} ${values[option]}`);
}

function refuse(option: string): never {
  process.stderr.write(`${option} is not understood\n\n${HELP}`);
  process.exit(2);
}

async function run(): Promise<number> {
  await installed(version);
  const build = arm === "with" ? await buildOf() : "none";
  const first = values.seed === undefined ? nextSeed() : Number(values.seed);
  const queue = Array.from({ length: cycles }, (_, index) => planOf(first + index, world));
  let sinned = 0;
  const worker = async (preferred: "on" | "off"): Promise<void> => {
    let scheduler = preferred;
    let scene: Scene | undefined;
    let played = 0;
    try {
      while (performance.now() < deadline) {
        let index = queue.findIndex((plan) => plan.scheduler === scheduler);
        if (index < 0 && queue.length > 0) index = 0;
        const [plan] = queue.splice(index, index < 0 ? 0 : 1);
        if (plan === undefined) return;
        if (scene !== undefined && (plan.scheduler !== scheduler || played >= ON_ONE_HOME)) {
          await scene[Symbol.asyncDispose]();
          scene = undefined;
        }
        scheduler = plan.scheduler;
        if (scene === undefined) played = 0;
        scene ??= await setScene(version, arm, scheduler);
        played += 1;
        try {
          const diary = await new Play(scene, plan).play();
          if (!judge(diary, build)) sinned += 1;
          if (diary.marksAtEnd.length === 0 && diary.refused.length === 0) continue;
        } catch (error) {
          const aborted = String(error instanceof Error ? error.message : error).slice(0, 300);
          append({ seed: plan.seed, version, arm, at: new Date().toISOString(), aborted });
          say(`seed ${plan.seed}: aborted: ${aborted}`);
        }
        await scene[Symbol.asyncDispose]();
        scene = undefined;
      }
    } finally {
      await scene?.[Symbol.asyncDispose]();
    }
  };
  const workers = Array.from({ length: parallel }, (_, index) => worker(index % 2 === 0 ? "off" : "on"));
  await Promise.all(workers);
  return sinned > 0 && arm === "with" ? 1 : 0;
}

/** Judges and records a cycle; answers whether it was clean. */
function judge(diary: Diary, build: string): boolean {
  const { sins, counts } = check(diary);
  const result: Result = {
    seed: diary.seed,
    version: diary.version,
    arm: diary.arm,
    scheduler: diary.scheduler,
    at: new Date(diary.to).toISOString(),
    build,
    seconds: Math.round((diary.to - diary.from) / 1000),
    faults: faultsOf(diary),
    counts,
    verdict: sins.length === 0 ? "clean" : "sinned",
    sins: tally(sins),
  };
  append(result);
  const path = keep(diary);
  if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`);
  say(
    `seed ${diary.seed}: ${result.verdict}, ${result.seconds} s, scheduler ${diary.scheduler}, ` +
      `${counts.orphans} orphans, ${counts.liveHeld} live runs held, ${counts.executions} runs`,
  );
  if (sins.length === 0) return true;
  for (const { kind, job, detail } of sins) say(`  ${kind}: ${job} ${detail}`);
  if (diary.arm === "with") say(`  diary: ${path}`);
  return false;
}

function keep(diary: Diary): string {
  mkdirSync(DIARIES, { recursive: true });
  const path = join(DIARIES, `${diary.version}-${diary.arm}-${diary.seed}.json`);
  writeFileSync(path, JSON.stringify(diary, null, 1));
  return path;
}

function faultsOf({ faults }: Diary): Readonly<Record<string, number>> {
  const kinds: Record<string, number> = {};
  for (const { kind } of faults) kinds[kind] = (kinds[kind] ?? 0) + 1;
  return kinds;
}

function nextSeed(): number {
  const seeds = readResults().flatMap((line) => (line.version === version && line.arm === arm ? [line.seed] : []));
  return Math.max(0, ...seeds) + 1;
}

async function buildOf(): Promise<string> {
  const { folder } = await healer();
  const hash = createHash("sha256");
  for (const name of readdirSync(folder)
    .filter((each) => each.endsWith(".js"))
    .sort()) {
    hash.update(readFileSync(join(folder, name)));
  }
  return hash.digest("hex").slice(0, 12);
}
