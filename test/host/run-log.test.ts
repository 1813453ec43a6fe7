import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { synthesize } from "../../plugin/core/entry.ts";
import { jobId } from "../../plugin/core/job.ts";
import { instant } from "../../plugin/core/time.ts";
import { RunLog } from "../../plugin/host/run-log.ts";
import { mark, NOON } from "../core/given.ts";

let folder: string;
let log: RunLog;
const SINCE = instant(NOON - 1000);
const file = (name = "job-1.jsonl") => join(folder, "runs", name);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "run-log-"));
  await mkdir(join(folder, "runs"));
  log = new RunLog(join(folder, "jobs.json"));
});
afterEach(() => rm(folder, { recursive: true }));

const line = (more: object = {}) =>
  JSON.stringify({ ts: NOON + 900, jobId: "job-1", action: "finished", status: "ok", runAtMs: NOON, ...more });
const entryNow = async () => {
  const past = await log.past(mark(), SINCE);
  return past.kind === "read" ? past.value.entry : past;
};
async function append() {
  await using open = await log.open(jobId("job-1"));
  open.append(synthesize(mark(), instant(NOON + 5000), "owner gone", "session=absent"), undefined);
}

describe("reading the past", () => {
  it("a job without history has none", async () => assert.equal(await entryNow(), "none"));

  it("finds a run behind thousands of newer ones", async () => {
    const newer = Array.from({ length: 3000 }, (_, index) =>
      line({ ts: NOON + 2000 + index, runAtMs: NOON + 1000 + index }),
    );
    await writeFile(file(), [line(), ...newer, ""].join("\n"));
    assert.equal(await entryNow(), "the gateway's");
  });

  it("reads no further than it needs", async () => {
    const old = line({ ts: NOON - 5000, runAtMs: NOON - 6000 });
    await writeFile(file(), [line(), ...Array<string>(200).fill(old), ""].join("\n"));
    assert.equal(await entryNow(), "none");
  });

  it("tells how long the good runs took", async () => {
    const good = (durationMs: unknown) => line({ status: "ok", durationMs });
    await writeFile(
      file(),
      [good(4000), good("5"), line({ status: "error", durationMs: 9 }), good(7000), ""].join("\n"),
    );
    const past = await log.past(mark(), SINCE);
    assert.deepEqual(past.kind === "read" && past.value.durations, [7000, 4000]);
  });

  it("passes over torn, foreign and monstrous lines", async () => {
    const bad = [
      "{",
      "null",
      "[]",
      line({ jobId: "other" }),
      line({ action: "started" }),
      line({ ts: "x" }),
      "x".repeat(3_000_000),
    ];
    await writeFile(file(), [line(), ...bad, '{"torn":'].join("\n"));
    assert.equal(await entryNow(), "the gateway's");
  });

  it("answers unread, and does not hang, on a FIFO", async () => {
    execFileSync("mkfifo", [file()]);
    assert.equal((await log.past(mark(), SINCE)).kind, "unread");
    await assert.rejects(log.open(jobId("job-1")), /job-1\.jsonl/);
  });
});

describe("writing an entry", () => {
  it("appends one line that the reader finds again", async () => {
    await writeFile(file(), `${line({ ts: NOON - 1, runAtMs: NOON - 900 })}\n`);
    await append();
    assert.equal(await entryNow(), "ours");
    const lines = (await readFile(file(), "utf8")).trimEnd().split("\n");
    assert.equal(lines.length, 2);
    assert.equal(JSON.parse(lines[1] ?? "").durationMs, 5000);
  });

  it("starts a new line behind a torn one", async () => {
    await writeFile(file(), '{"torn":');
    await append();
    assert.equal(await entryNow(), "ours");
  });

  for (const id of ["../escape", "a/b", "", "nul\0", "x".repeat(250), "🦞".repeat(63)]) {
    it(`refuses the id ${JSON.stringify(id.slice(0, 20))}`, async () => {
      await assert.rejects(log.open(jobId(id)), /names no file/);
      assert.equal((await log.past({ ...mark(), jobId: jobId(id) }, SINCE)).kind, "unread");
    });
  }

  it("takes every id that the gateway's own history takes", async () => {
    for (const id of ["..", "with space", "Ünï", "x".repeat(249)]) {
      assert.equal((await log.past({ ...mark(), jobId: jobId(id) }, SINCE)).kind, "read", id);
      await using _ = await log.open(jobId(id));
    }
  });

  it("follows no link out of the folder", async () => {
    await writeFile(join(folder, "target"), "");
    await symlink(join(folder, "target"), file());
    await assert.rejects(log.open(jobId("job-1")), /ELOOP/);
  });
});
