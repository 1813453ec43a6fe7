import { spawn } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join, resolve, sep } from "node:path";
import { parseArgs } from "node:util";

const PROJECT = resolve(import.meta.dirname, "../..");
const LEAST = 90;

const HELP = `npm run mutate [-- --only <part of a path>]

Changes plugin/core in every small way that Stryker knows and runs test/core against each change: whatever no test
notices is listed. Works in a temporary copy, into which Stryker is installed from a lock file of its own; about ten
minutes on two idle cores. docs/proof.md says what survives and why. Ends with 1 below ${LEAST} %.

  --only PATH   only the files of plugin/core whose path has this in it`;

interface Mutation {
  readonly files: Readonly<Record<string, { readonly mutants: readonly { readonly status: string }[] }>>;
}

async function mutate(only: string): Promise<void> {
  const copy = await mkdtemp(join(tmpdir(), "cron-healer-mutate-"));
  try {
    for (const name of ["plugin", "test/core"]) await cp(join(PROJECT, name), join(copy, name), { recursive: true });
    await cp(join(PROJECT, "test/mutation/stryker"), copy, { recursive: true });
    await cp(join(PROJECT, ".npmrc"), join(copy, ".npmrc"));
    await run("npm", ["ci"], copy, machineEnv());
    // The tests find what the project itself needs where its copy would find it: beside Stryker's own.
    await symlink(join(PROJECT, "node_modules", "tsx"), join(copy, "node_modules", "tsx"));
    const tests = (await readdir(join(copy, "test/core"))).filter((name) => name.endsWith(".test.ts"));
    const command = `node --import=tsx --test --test-isolation=none ${tests.map((name) => `test/core/${name}`).join(" ")}`;
    const config = {
      testRunner: "command",
      commandRunner: { command },
      mutate: [`plugin/core/**/*${only}*`],
      reporters: ["clear-text", "json", "progress-append-only"],
      clearTextReporter: { allowColor: false, logTests: false },
      jsonReporter: { fileName: "mutation.json" },
      timeoutMS: 20_000,
      allowConsoleColors: false,
    };
    await writeFile(join(copy, "stryker.config.json"), JSON.stringify(config));
    await run(
      "node",
      [join("node_modules", "@stryker-mutator", "core", "bin", "stryker.js"), "run"],
      copy,
      process.env,
    );
    tell(JSON.parse(await readFile(join(copy, "mutation.json"), "utf8")));
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

function tell({ files }: Mutation): void {
  const all = Object.values(files).flatMap(({ mutants }) => mutants.map(({ status }) => status));
  const killed = all.filter((status) => status === "Killed" || status === "Timeout").length;
  const survived = all.filter((status) => status === "Survived" || status === "NoCoverage").length;
  const score = (100 * killed) / (killed + survived);
  console.log(`${killed} killed, ${survived} survived: ${score.toFixed(1)} %`);
  if (score < LEAST) process.exitCode = 1;
}

async function run(command: string, given: readonly string[], folder: string, env: NodeJS.ProcessEnv): Promise<void> {
  const child = spawn(command, given, { cwd: folder, env, stdio: "inherit" });
  const code = await new Promise((settle, fail) => child.once("error", fail).once("close", settle));
  if (code !== 0) throw new Error(`${command} ${given.join(" ")} ended with ${code}`);
}

/** npm runs under the Node it came with: `npm run` has put our own Node first on PATH. */
function machineEnv(): NodeJS.ProcessEnv {
  const { npm_config_local_prefix: _, ...env } = process.env;
  const bin = join("node_modules", ".bin");
  const path = (env.PATH ?? "").split(delimiter).filter((entry) => !entry.split(sep).join("/").endsWith(bin));
  return { ...env, PATH: path.join(delimiter) };
}

const { values } = parseArgs({
  options: { only: { type: "string", default: "" }, help: { type: "boolean", default: false } },
});
if (values.help) console.log(HELP);
else await mutate(values.only);
