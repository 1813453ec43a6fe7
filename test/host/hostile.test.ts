import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, it } from "node:test";
import fc from "fast-check";
import { configure } from "../../plugin/config.ts";
import { synthesize } from "../../plugin/core/entry.ts";
import { examine } from "../../plugin/core/examine.ts";
import { jobId } from "../../plugin/core/job.ts";
import { read } from "../../plugin/core/observed.ts";
import { patienceFor } from "../../plugin/core/patience.ts";
import { plan } from "../../plugin/core/plan.ts";
import { instant } from "../../plugin/core/time.ts";
import { rawJob, readJob } from "../../plugin/host/read-job.ts";
import { RunLog } from "../../plugin/host/run-log.ts";
import { ScheduleGap } from "../../plugin/host/schedule-gap.ts";
import { createLog } from "../../plugin/log.ts";
import { Recorder } from "../../plugin/record.ts";
import { claim, NOON, policy, snapshotAt } from "../core/given.ts";

const SEED = Number(process.env.FUZZ_SEED ?? 20_261_120);
console.log(`fuzz seed ${SEED} (FUZZ_SEED=${SEED} repeats it; another number tries another)`);
const RUNS = { seed: SEED, numRuns: 400 };

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "hostile-"));
  await mkdir(join(folder, "cron", "runs"), { recursive: true });
});
after(() => rm(folder, { recursive: true }));

/** Numbers as a broken store may hold them: huge, negative, fractions, seconds in place of milliseconds, no numbers. */
const oddNumber = fc.oneof(
  fc.double(),
  fc.constantFrom(0, -1, 1e20, -1e20, 8.64e15 + 1, NOON / 1000, Number.NaN, Infinity, -Infinity, 2 ** 53),
);
const odd = fc.oneof(oddNumber, fc.anything({ maxDepth: 2 }), fc.string());
const oddJob = fc.record(
  {
    id: fc.oneof(fc.string(), fc.constantFrom("../../etc/passwd", "a/b", "\0", "x".repeat(5000)), odd),
    name: odd,
    enabled: odd,
    sessionTarget: fc.oneof(fc.constant("isolated"), odd),
    payload: fc.oneof(fc.record({ kind: fc.constant("agentTurn"), timeoutSeconds: odd }), odd),
    schedule: fc.oneof(
      fc.record({ kind: fc.constantFrom("every", "at", "cron"), everyMs: odd, expr: odd, tz: odd }),
      odd,
    ),
    state: fc.oneof(fc.record({ runningAtMs: odd, lastRunAtMs: odd, nextRunAtMs: odd }), odd),
  },
  { requiredKeys: [] },
);

it("no job, however broken, throws on its way from the store to the log", async () => {
  const lines: string[] = [];
  const say = (line: string) => lines.push(line);
  const recorder = new Recorder(createLog({ debug: say, info: say, warn: say, error: say }, "debug"));
  await fc.assert(
    fc.asyncProperty(oddJob, async (definition) => {
      const raw = rawJob(definition);
      if (raw?.mark === undefined) return;
      const job = await readJob(definition, new ScheduleGap());
      assert.ok(patienceFor(job, policy).length >= 30_000);
      const gone = {
        olderThanProcess: true,
        readBeforeScheduler: true,
        clockStepped: false,
        owner: "not-named",
      } as const;
      const snapshot = snapshotAt(1, [claim({ mark: raw.mark, job, origin: gone })]);
      const { findings } = examine(snapshot, new Map(), policy);
      for (const action of plan(findings, snapshot.at)) {
        recorder.record({ action, result: { kind: "left" }, took: 1 }, snapshot.at);
      }
    }),
    RUNS,
  );
  assert.ok(lines.every((line) => !/[\n\r]/.test(line)));
});

it("no history line, however broken, hides the entry of a run or throws", async () => {
  const log = new RunLog(join(folder, "cron", "jobs.json"));
  const good = JSON.stringify({ ts: NOON + 9, jobId: "job-1", action: "finished", status: "ok", runAtMs: NOON });
  const oddLine = fc.oneof(
    fc.string().map((text) => text.replaceAll("\n", " ")),
    fc.json(),
    fc
      .record({
        ts: odd,
        jobId: fc.constant("job-1"),
        action: fc.constant("finished"),
        status: odd,
        runAtMs: odd,
        error: odd,
      })
      .map(
        (record) => JSON.stringify(record, (_key, value) => (typeof value === "bigint" ? String(value) : value)) ?? "",
      ),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(oddLine), async (broken) => {
      await writeFile(join(folder, "cron", "runs", "job-1.jsonl"), [...broken, good, ""].join("\n"));
      const past = await log.past({ jobId: jobId("job-1"), startedAt: NOON }, instant(NOON - 1000));
      assert.ok(past.kind === "read" && past.value.entry !== "none");
    }),
    { ...RUNS, numRuns: 150 },
  );
});

it("no job id leads out of the folder of the run log", async () => {
  const log = new RunLog(join(folder, "cron", "jobs.json"));
  const ids = fc.oneof(fc.string(), fc.constantFrom("..", "../x", "/etc/x", "a\\b", ".", "x".repeat(300), "ä\u0000"));
  await fc.assert(
    fc.asyncProperty(ids, async (id) => {
      try {
        await using open = await log.open(jobId(id));
        open.append(synthesize({ jobId: jobId(id), startedAt: NOON }, NOON, "fuzz", ""), undefined);
      } catch {
        // Refused, or no name for a file on this system.
      }
    }),
    { ...RUNS, numRuns: 200 },
  );
  assert.deepEqual((await readdir(folder)).sort(), ["cron"]);
  assert.deepEqual((await readdir(join(folder, "cron"))).sort(), ["runs"]);
});

it("no settings throw: they are taken or rejected with one sentence", () => {
  fc.assert(
    fc.property(
      fc.oneof(odd, fc.record({ mode: odd, scanSeconds: odd, patience: odd, jobs: odd }, { requiredKeys: [] })),
      (given) => {
        const configured = configure(given, { mode: undefined, patienceSeconds: undefined });
        if (configured.kind === "rejected") assert.ok(configured.because.length > 0);
      },
    ),
    RUNS,
  );
});

it("what was read is what is judged: a mark far in the future is not old", () => {
  const future = claim({
    mark: { jobId: jobId("job-1"), startedAt: instant(NOON + 1e12) },
    past: read({ entry: "none", endedAt: undefined, releases: 0, releasedSince: undefined, durations: [] }),
  });
  assert.equal(examine(snapshotAt(1, [future]), new Map(), policy).findings[0]?.overdue, false);
});
