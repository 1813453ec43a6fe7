import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { beforeEach, describe, it } from "node:test";
import { jobId, type RunMark } from "../../plugin/core/job.ts";
import { instant } from "../../plugin/core/time.ts";
import { forgetEnded, oldestOfEach, sight, stillUntold, untoldRuns } from "../../plugin/host/generation-d/untold.ts";

const STORE = "/state/cron/jobs.json";
const GIVEN_UP = "cron: job interrupted by gateway restart";
const began = Date.now() - 600_000;
const mark = (startedAt = began): RunMark => ({ jobId: jobId("job-1"), startedAt: instant(startedAt) });

/** The three tables of a gateway with receipts, as far as they are read here. */
class Store {
  readonly database = new DatabaseSync(":memory:");

  constructor() {
    this.database.exec(`
      CREATE TABLE cron_jobs (store_key, job_id, state_json);
      CREATE TABLE cron_run_receipts (receipt_id, store_key, job_id, status,
        started_at_ms INTEGER, finished_at_ms INTEGER);
      CREATE TABLE task_runs (runtime, source_id, run_id, status, started_at INTEGER, ended_at INTEGER, error,
        detail_json);
      CREATE INDEX idx_task_runs_run_id ON task_runs(run_id);
      CREATE INDEX idx_task_runs_runtime_source_ended ON task_runs(runtime, source_id, ended_at);
    `);
    this.#insert("cron_jobs", STORE, "job-1", "{}");
  }

  state(state: object): void {
    this.database.prepare("UPDATE cron_jobs SET state_json = ?").run(JSON.stringify(state));
  }

  receipt(id: string, status: string, startedAt = began, finishedAt: number | null = Date.now()): void {
    this.#insert("cron_run_receipts", id, STORE, "job-1", status, startedAt, finishedAt);
  }

  /** The row that a run has in the task ledger from its start on. */
  task(receiptId: string, status: string, startedAt = began, publicName = ""): void {
    const runId = `cron:job-1:${startedAt}:${receiptId}${publicName && `:${publicName}`}`;
    this.#insert(
      "task_runs",
      "cron",
      "job-1",
      runId,
      status,
      startedAt,
      null,
      null,
      JSON.stringify({ storeKey: STORE }),
    );
  }

  entry(runAtMs: number, runId?: string): void {
    const detail = JSON.stringify({ kind: "cron-run", storeKey: STORE, runAtMs, status: "error", runId });
    this.#insert("task_runs", "cron", "job-1", "cron:job-1", "failed", runAtMs, Date.now(), "why", detail);
  }

  untold(held: readonly RunMark[] = []) {
    return oldestOfEach(untoldRuns(this.database, STORE, held).untold).map(({ startedAt, receiptId }) => ({
      startedAt,
      receiptId,
    }));
  }

  #insert(table: string, ...values: readonly (string | number | null)[]): void {
    this.database.prepare(`INSERT INTO ${table} VALUES (${values.map(() => "?").join(", ")})`).run(...values);
  }
}

describe("a run that the gateway gave up without telling", () => {
  let store: Store;
  beforeEach(() => {
    store = new Store();
    store.untold();
    forgetEnded([], []);
  });

  it("is found by its interrupted receipt and the task row that it left", () => {
    for (const status of ["running", "lost"]) {
      store = new Store();
      store.receipt("r1", "interrupted");
      store.task("r1", status);
      assert.deepEqual(store.untold(), [{ startedAt: began, receiptId: "r1" }], status);
    }
  });

  it("is found by its interrupted receipt if we have seen its mark", () => {
    store.receipt("r1", "interrupted");
    assert.deepEqual(store.untold(), [], "nobody knows whether it ever began");
    sight([mark()]);
    assert.deepEqual(store.untold(), [{ startedAt: began, receiptId: "r1" }]);
  });

  it("is found without a receipt by what the job's state says of the mark that we have seen", () => {
    store.state({ lastRunAtMs: began, lastError: GIVEN_UP, lastDurationMs: 1000 });
    assert.deepEqual(store.untold(), []);
    sight([mark()]);
    assert.deepEqual(store.untold(), [{ startedAt: began, receiptId: undefined }]);
    store.state({ lastRunAtMs: began, lastError: "the model said no" });
    assert.deepEqual(store.untold(), [], "a run that failed by itself is no lost run");
  });

  it("is none of ours once any entry tells of it, a few milliseconds beside its mark or not", () => {
    for (const runAt of [began, began + 7]) {
      store = new Store();
      store.receipt("r1", "interrupted");
      store.task("r1", "lost");
      store.entry(runAt);
      assert.deepEqual(store.untold(), []);
    }
  });

  it("is none of ours if the gateway tells of it under its public name, with a start of its own", () => {
    store.receipt("r1", "interrupted");
    store.task("r1", "running", began, "manual:job-1:4711:1");
    store.entry(began + 60_000, "manual:job-1:4712:2");
    assert.equal(store.untold().length, 1, "that was another run");
    store.entry(began + 60_000, "manual:job-1:4711:1");
    assert.deepEqual(store.untold(), []);
  });

  it("is no run that ended in any other way, nor one that still holds its receipt", () => {
    sight([mark()]);
    for (const status of ["ok", "error", "skipped", "superseded", "running"]) {
      store = new Store();
      store.receipt("r1", status, began, status === "running" ? null : Date.now());
      store.task("r1", "running");
      store.state({ lastRunAtMs: began, lastError: GIVEN_UP });
      assert.deepEqual(store.untold(), [], status);
    }
  });

  it("is no run whose mark stands", () => {
    store.receipt("r1", "interrupted");
    store.task("r1", "running");
    assert.deepEqual(store.untold([mark()]), []);
  });

  it("is forgotten after a day, when the gateway has forgotten its task row", () => {
    store.receipt("r1", "interrupted", began, Date.now() - 25 * 3_600_000);
    store.task("r1", "lost");
    assert.deepEqual(store.untold(), []);
  });

  it("comes one at a time, the oldest first", () => {
    for (const [id, startedAt] of [
      ["r2", began + 60_000],
      ["r1", began],
    ] as const) {
      store.receipt(id, "interrupted", startedAt);
      store.task(id, "lost", startedAt);
    }
    assert.deepEqual(store.untold(), [{ startedAt: began, receiptId: "r1" }]);
    assert.equal(stillUntold(store.database, STORE, mark())?.receiptId, "r1");
    store.entry(began);
    assert.equal(stillUntold(store.database, STORE, mark()), undefined);
    assert.deepEqual(store.untold(), [{ startedAt: began + 60_000, receiptId: "r2" }]);
  });

  it("costs the gateway little, whatever its jobs have behind them", () => {
    const insert = store.database.prepare("INSERT INTO task_runs VALUES ('cron', 'job-1', ?, ?, ?, ?, NULL, ?)");
    store.database.exec("BEGIN");
    for (let run = 0; run < 10_000; run += 1) {
      const startedAt = began - run * 60_000;
      const detail = JSON.stringify({ kind: "cron-run", storeKey: STORE, runAtMs: startedAt, status: "ok" });
      insert.run(
        `cron:job-1:${startedAt}:r${run}`,
        run < 480 ? "lost" : "succeeded",
        startedAt,
        startedAt + 1000,
        detail,
      );
      if (run < 480) store.receipt(`r${run}`, "interrupted", startedAt);
    }
    store.database.exec("COMMIT");
    const before = performance.now();
    for (let look = 0; look < 5; look += 1) assert.deepEqual(store.untold(), []);
    const took = performance.now() - before;
    assert.ok(took < 500, `five looks took ${took} ms`);
  });

  it("is found behind any number of runs that are told, within so many looks", () => {
    for (let run = 1; run <= 9; run += 1) {
      const startedAt = began - run * 60_000;
      store.receipt(`r${run}`, "interrupted", startedAt, Date.now() + run);
      store.task(`r${run}`, "lost", startedAt);
      store.entry(startedAt);
    }
    store.receipt("r0", "interrupted", began, Date.now() - 1000);
    store.task("r0", "lost");
    assert.deepEqual(store.untold(), []);
    store.untold();
    assert.deepEqual(store.untold(), [{ startedAt: began, receiptId: "r0" }]);
  });

  it("leaves no memory of a mark that ended as runs do", () => {
    sight([mark()]);
    forgetEnded([], []);
    store.receipt("r1", "interrupted");
    assert.deepEqual(store.untold(), []);
  });
});
