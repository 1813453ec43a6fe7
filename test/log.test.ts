import assert from "node:assert/strict";
import { it } from "node:test";
import { createLog } from "../plugin/log.ts";

function capture(level: "debug" | "info" | "warn" | "error" = "info") {
  const lines: string[] = [];
  const to = (name: string) => (line: string) => lines.push(`${name} ${line}`);
  return {
    lines,
    log: createLog({ debug: to("debug"), info: to("info"), warn: to("warn"), error: to("error") }, level),
  };
}

it("gives each line to the gateway's logger at its own level, with the plugin's id", () => {
  const { lines, log } = capture();
  log.info("ready", { mode: "heal" });
  log.warn("released", { job: "a1", age: "12m", entry: undefined });
  log.error("failed");
  assert.deepEqual(lines, [
    "info openclaw-cron-healer: ready mode=heal",
    "warn openclaw-cron-healer: released job=a1 age=12m",
    "error openclaw-cron-healer: failed",
  ]);
});

it("writes nothing below its level", () => {
  const { lines, log } = capture("warn");
  log.info("quiet");
  log.debug("quiet");
  assert.deepEqual(lines, []);
});

it("lets no job name forge a line or a field", () => {
  const { lines, log } = capture();
  log.info("running", { name: 'x verdict=orphan\n"released"\u001b[31m\u2028\u202e' });
  assert.deepEqual(lines, [
    'info openclaw-cron-healer: running name="x verdict=orphan\\n\\"released\\"\\u001b[31m\\u2028\\u202e"',
  ]);
});

it("survives a logger that throws, and one without debug", () => {
  const boom = () => {
    throw new Error("disk full");
  };
  const log = createLog({ info: boom, warn: boom, error: boom }, "debug");
  log.debug("a");
  log.info("b");
});
