/** `npm run capture [-- --only 2026.9.6]`: captures the stores of real gateways anew, idle and stuck. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir, userInfo } from "node:os";
import { dirname, join, relative } from "node:path";
import { parseArgs } from "node:util";
import { root } from "../build/build.ts";
import { Gateway } from "../gateway/harness/gateway.ts";
import type { GatewayVersion } from "../gateway/harness/generation.ts";
import { type Home, makeHome } from "../gateway/harness/home.ts";
import { addJob, runNow, waitForHistory } from "../gateway/harness/jobs.ts";
import { FakeModel } from "../gateway/harness/model.ts";
import { databasePath, storedState } from "../gateway/harness/store.ts";
import { until } from "../gateway/harness/until.ts";
import { databaseAsSql } from "./sql-text.ts";
import { type Condition, GONE_PID, ROWS, SCHEMA, STATE_FOLDER, STUCK_JOB, storeFolder } from "./stores.ts";

const VERSIONS: readonly GatewayVersion[] = ["2026.4.14", "2026.5.28", "2026.7.1-2", "2026.8.2", "2026.9.6"];

async function capture(version: GatewayVersion): Promise<void> {
  await using model = await FakeModel.start();
  await using home = await makeHome({ version, model, probe: false });
  await using gateway = new Gateway(home);
  await gateway.start();
  const jobs = [
    await addJob(gateway, { name: "works" }),
    await addJob(gateway, { name: "fails", prompt: "[[error:400]]", cron: "0 4 * * *" }),
    await addJob(gateway, { name: STUCK_JOB, prompt: "[[hang]]", timeoutSeconds: 900 }),
  ];
  await addJob(gateway, { name: "waits", every: 3_600_000 });
  await addJob(gateway, { name: "off", enabled: false });
  await addJob(gateway, { name: "main", sessionTarget: "main" });
  for (const job of jobs) {
    await runNow(gateway, job);
    if (job === jobs.at(-1)) await hanging(model, 1);
    model.release();
    await waitForHistory(gateway, job, 1, { timeout: 120_000 });
  }
  await gateway.sigterm({ timeout: 60_000 });
  await keep(home, "idle");

  await gateway.start();
  const [stuck = ""] = jobs.slice(-1);
  await runNow(gateway, stuck);
  await hanging(model, 2);
  await until("its mark is in the store", () => storedState(home, stuck).runningAtMs !== undefined);
  await gateway.kill9();
  await keep(home, "stuck");
}

const hanging = (model: FakeModel, times: number) =>
  until("the model hangs", () => model.of(STUCK_JOB).length >= times, { timeout: 120_000 });

/** The cron store and nothing else, without a trace of this machine. */
async function keep(home: Home, condition: Condition): Promise<void> {
  const folder = storeFolder(home.version, condition);
  await rm(folder, { recursive: true, force: true });
  const kept: [string, string][] = filesIn(join(home.stateFolder, "cron")).map((path) => [
    relative(home.stateFolder, path),
    readFileSync(path, "utf8"),
  ]);
  if (existsSync(databasePath(home))) {
    const { schema, rows } = databaseAsSql(databasePath(home));
    kept.push([join("..", SCHEMA), schema], [ROWS, rows]);
  }
  for (const [name, text] of kept) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, stripped(text, home));
  }
  process.stdout.write(`${home.version} ${condition}: ${kept.map(([name]) => name).join(", ")}\n`);
}

const filesIn = (folder: string): readonly string[] =>
  !existsSync(folder)
    ? []
    : readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && !entry.name.endsWith(".bak"))
        .map((entry) => join(entry.parentPath, entry.name));

function stripped(text: string, home: Home): string {
  const clean = text
    .replaceAll(home.stateFolder, STATE_FOLDER)
    .replaceAll(home.folder, "/home-folder")
    .replaceAll(home.logName, "some-host")
    .replaceAll(hostname(), "some-host")
    .replaceAll(/"pid": ?\d+/g, `"pid":${GONE_PID}`);
  const traces = [home.token, home.folder, root, hostname(), userInfo().homedir, tmpdir()];
  const trace = traces.find((each) => each.length > 3 && clean.includes(each));
  if (trace !== undefined) throw new Error(`the captured store holds ${trace}`);
  return clean;
}

const { values } = parseArgs({ options: { only: { type: "string" } } });
const wanted = VERSIONS.filter((version) => values.only === undefined || version === values.only);
if (wanted.length === 0) throw new Error(`--only takes one of ${VERSIONS.join(", ")}`);
for (const version of wanted) await capture(version);
