import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { TAG } from "../../plugin/core/entry.ts";
import { jobId } from "../../plugin/core/job.ts";
import { instant } from "../../plugin/core/time.ts";
import { restoredRun, writeHistory } from "../../plugin/host/generation-c/history.ts";
import { type KnownResult, knownResult, stateAfter } from "../../plugin/host/generation-c/result.ts";

const STORE = "store";
const T = Date.now() - 60_000;
const MARK = { jobId: jobId("job"), startedAt: instant(T) };

function store(): DatabaseSync {
  const database = new DatabaseSync(":memory:");
  database.exec(`CREATE TABLE cron_run_logs (store_key, job_id, seq, ts, status, error, summary, delivery_status, run_at_ms,
    duration_ms, next_run_at_ms, entry_json, created_at);
    CREATE TABLE task_runs (runtime, source_id, status, started_at, ended_at, error, terminal_summary)`);
  return database;
}

const tell = (database: DatabaseSync, runAt: number, status: string, more: { ts?: number; error?: string } = {}) =>
  database
    .prepare("INSERT INTO cron_run_logs VALUES ('store', 'job', 1, ?, ?, ?, NULL, NULL, ?, 1000, ?, '{}', 0)")
    .run(more.ts ?? runAt + 1010, status, more.error ?? null, runAt, runAt + 300_000);

const note = (database: DatabaseSync, status: string, startedAt: number, endedAt: number | null) =>
  database
    .prepare("INSERT INTO task_runs VALUES ('cron', 'job', ?, ?, ?, 'broken', 'answer')")
    .run(status, startedAt, endedAt);

const resultOf = (fill: (database: DatabaseSync) => unknown): KnownResult | undefined => {
  const database = store();
  fill(database);
  return knownResult(database, STORE, MARK);
};

test("the last run at the mark or after it is the result; an earlier one, or one from the future, is not", () => {
  const both = resultOf((database) => {
    tell(database, T, "error", { error: "interrupted" });
    tell(database, T + 5000, "ok");
  });
  assert.equal(both?.status, "ok");
  assert.equal(both?.endedAt, T + 6000);
  assert.equal(both?.nextRunAt, T + 305_000);
  assert.equal(
    resultOf((database) => tell(database, T - 5000, "ok")),
    undefined,
  );
  assert.equal(
    resultOf((database) => tell(database, T + 5000, "ok", { ts: Date.now() + 60_000 })),
    undefined,
  );
});

for (const [noted, status, text] of [
  ["succeeded", "ok", "answer"],
  ["failed", "error", "broken"],
  ["timed_out", "error", "broken"],
  ["cancelled", "error", "broken"],
] as const) {
  test(`a task that is ${noted} is a result: ${status}`, () => {
    const result = resultOf((database) => note(database, noted, T + 1, T + 501));
    assert.deepEqual(result, {
      from: "task ledger",
      status,
      startedAt: T + 1,
      endedAt: T + 501,
      text,
      nextRunAt: undefined,
    });
  });
}

test("a task that succeeded without an answer may have been skipped: it is over, and no more is known", () => {
  const database = store();
  database.exec(`INSERT INTO task_runs VALUES ('cron', 'job', 'succeeded', ${T + 1}, ${T + 501}, NULL, NULL)`);
  const result = knownResult(database, STORE, MARK);
  assert.ok(result);
  assert.equal(result.status, undefined);
  assert.deepEqual(stateAfter(result, { nextRunAtMs: T - 10 }), { lastRunAtMs: T + 1, nextRunAtMs: undefined });
});

test("the ledger's row of a trigger that did not fire is no result", () => {
  const database = store();
  note(database, "succeeded", T + 1, T + 501);
  assert.equal(knownResult(database, STORE, MARK, { trigger: { script: "" } }), undefined);
});

test("a result that we have restored ourselves is known at the second try too", () => {
  const text = `${TAG} restored from the gateway's task ledger: broken`;
  assert.equal(stateAfter({ ...OK, status: "error", text }, { nextRunAtMs: T - 10 }).lastRunAtMs, T);
});

test("a task that is lost, runs, or belongs to an earlier run is none; the history comes before the ledger", () => {
  for (const [status, startedAt, endedAt] of [
    ["lost", T, T + 500],
    ["running", T, null],
    ["succeeded", T, null],
    ["succeeded", T - 5000, T - 4000],
  ] as const) {
    assert.equal(
      resultOf((database) => note(database, status, startedAt, endedAt)),
      undefined,
      status,
    );
  }
  const told = resultOf((database) => {
    note(database, "failed", T, T + 500);
    tell(database, T, "ok");
  });
  assert.equal(told?.from, "history");
});

test("what is restored is told as it was, and marked as ours", () => {
  const database = store();
  note(database, "succeeded", T + 1, T + 501);
  const result = knownResult(database, STORE, MARK);
  assert.ok(result);
  writeHistory(database, STORE, restoredRun(MARK.jobId, "ok", result));
  const row = database.prepare("SELECT status, error, summary, run_at_ms, duration_ms FROM cron_run_logs").get();
  const summary = `${TAG} restored from the gateway's task ledger: answer`;
  assert.deepEqual({ ...row }, { status: "ok", error: null, summary, run_at_ms: T + 1, duration_ms: 500 });
  assert.equal(knownResult(database, STORE, MARK)?.from, "history");
});

const OK: KnownResult = {
  from: "history",
  status: "ok",
  startedAt: instant(T),
  endedAt: instant(T + 1000),
  text: undefined,
  nextRunAt: instant(T + 300_000),
};

test("a state that does not know the result is told it, and the slot that was served is passed", () => {
  const told = {
    lastRunAtMs: T,
    lastRunStatus: "ok",
    lastStatus: "ok",
    lastDurationMs: 1000,
    lastError: undefined,
  };
  assert.deepEqual(stateAfter(OK, { nextRunAtMs: T - 10 }), { ...told, nextRunAtMs: T + 300_000 });
  assert.deepEqual(stateAfter(OK, { nextRunAtMs: T + 60_000, lastRunAtMs: T - 60_000 }), told);
  assert.equal(stateAfter({ ...OK, status: "error", text: "broken" }, {}).lastError, "broken");
});

test("a state that knows the result, or a later one, stays; so does one whose entry is only our own", () => {
  assert.deepEqual(stateAfter(OK, { lastRunAtMs: T, nextRunAtMs: T - 10 }), {});
  assert.deepEqual(stateAfter(OK, { lastRunAtMs: T + 5000 }), {});
  assert.deepEqual(stateAfter({ ...OK, status: "error", text: `${TAG} run lost: …` }, { nextRunAtMs: T - 10 }), {});
});
