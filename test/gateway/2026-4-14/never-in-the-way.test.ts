import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { addJob, runNow, waitForHistory } from "../harness/jobs.ts";
import { until } from "../harness/until.ts";
import { type Lab, makeLab, QUICK, said } from "./lab.ts";

const MEGABYTES = 300;

/** 300 MB of well-formed store: one job with a very long message. */
function hugeStore(path: string): void {
  const file = openSync(path, "w", 0o600);
  const job = { id: "huge", name: "huge", enabled: false, schedule: { kind: "every", everyMs: 1_800_000 } };
  const head = JSON.stringify({ version: 1, jobs: [{ ...job, sessionTarget: "isolated", state: {} }] });
  writeSync(file, `${head.slice(0, -3)},"payload":{"kind":"agentTurn","message":"`);
  for (let megabyte = 0; megabyte < MEGABYTES; megabyte += 1) writeSync(file, "x".repeat(1024 * 1024));
  writeSync(file, '"}}]}');
  closeSync(file);
}

const OBSTACLES = [
  ["a FIFO", (path: string) => void execFileSync("mkfifo", [path]), /jobs\.json is not a regular file/],
  ["a folder", (path: string) => mkdirSync(path), /jobs\.json is not a regular file/],
  ["garbage", (path: string) => writeFileSync(path, '{"version":1,"jobs":[{'), /jobs\.json: .*JSON/],
  ["a file of 300 MB", hugeStore, /jobs\.json: \d+ bytes, more than \d+ are not read/],
] as const;

for (const [what, put, because] of OBSTACLES) {
  test(`with ${what} as jobs.json the gateway starts, and one line says what is not watched`, {
    timeout: 120_000,
  }, async (t) => {
    await using lab = await makeLab();
    const { gateway, home, probe } = lab;
    const folder = join(home.stateFolder, "cron");
    mkdirSync(folder, { mode: 0o700 });
    put(join(folder, "jobs.json"));
    await gateway.start({ waitFor: "ready" });
    const warned = () => said(gateway).filter(({ level, text }) => level === "warn" && because.test(text));
    await until("the plugin says what it does not watch", () => warned().length > 0, { timeout: 60_000 });
    const started = await until("the start of the gateway is told to its plugins", async () =>
      (await probe.hooks()).find(({ hook }) => hook === "gateway_start"),
    );
    const { at: ready } = await gateway.waitForLine(/^ready \(/);
    t.diagnostic(`from ready to the end of the service starts: ${started.at - ready} ms`);
    assert.ok(started.at - ready < 1000);
  });
}

/** Milliseconds from SIGTERM to exit, after a job has run. */
async function stopping({ gateway }: Lab): Promise<number> {
  await gateway.start();
  const job = await addJob(gateway, { name: "works" });
  await runNow(gateway, job);
  assert.equal((await waitForHistory(gateway, job, 1))[0]?.status, "ok");
  return (await gateway.sigterm()).milliseconds;
}

test("a gateway that runs jobs stops no more than a second later than without the plugin", {
  timeout: 120_000,
}, async (t) => {
  await using without = await makeLab(QUICK, { plugins: [] });
  const alone = await stopping(without);
  await using lab = await makeLab();
  const together = await stopping(lab);
  t.diagnostic(`SIGTERM to exit: ${alone} ms without, ${together} ms with the plugin`);
  assert.ok(together - alone < 1000);
});
