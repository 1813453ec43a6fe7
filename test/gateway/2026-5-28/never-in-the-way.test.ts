import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { said } from "../2026-4-14/lab.ts";
import { until } from "../harness/until.ts";
import { makeLab } from "./lab.ts";

const NO_JOBS = JSON.stringify({ version: 1, jobs: [] });

const OBSTACLES = [
  ["jobs.json", "a FIFO", (path: string) => void execFileSync("mkfifo", [path]), /jobs\.json is not a regular file/],
  ["jobs.json", "garbage", (path: string) => writeFileSync(path, '{"version":1,"jobs":[{'), /jobs\.json: .*JSON/],
  ["jobs-state.json", "a folder", (path: string) => mkdirSync(path), /jobs-state\.json is not a regular file/],
  ["jobs-state.json", "garbage", (path: string) => writeFileSync(path, "{"), /jobs-state\.json: .*JSON/],
] as const;

for (const [file, what, put, because] of OBSTACLES) {
  test(`with ${what} as ${file} the gateway starts as fast as ever`, { timeout: 120_000 }, async (t) => {
    await using lab = await makeLab();
    const { gateway, home, probe } = lab;
    const folder = join(home.stateFolder, "cron");
    mkdirSync(folder, { mode: 0o700 });
    if (file === "jobs-state.json") writeFileSync(join(folder, "jobs.json"), NO_JOBS);
    put(join(folder, file));
    await gateway.start({ waitFor: "ready", scheduler: "off" });
    const warned = () => said(gateway).filter(({ level, text }) => level === "warn" && because.test(text));
    await until("the plugin says what it does not watch", () => warned().length > 0, { timeout: 30_000 });
    const started = await until("the start of the gateway is told to its plugins", async () =>
      (await probe.hooks()).find(({ hook }) => hook === "gateway_start"),
    );
    const { at: ready } = await gateway.waitForLine(/^ready\b/);
    t.diagnostic(`from ready to the end of the service starts: ${started.at - ready} ms`);
    assert.ok(started.at - ready < 1000);
    assert.equal(warned().length, 1);
  });
}
