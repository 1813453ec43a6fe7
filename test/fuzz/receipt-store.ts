import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import type { DatabaseSync } from "node:sqlite";

import { databasePath } from "../../plugin/host/database.ts";
import { ACTIVE, type Entry, type JobRecord, type Run, type Store, withoutRuns } from "./job.ts";
import { lockOf, withDatabase } from "./run-log-store.ts";
import { RECEIPT_SCHEMA } from "./schema.ts";

/** SQLite with run receipts: each run has a row with its owner, and a task row that becomes its history. */
export class ReceiptStore implements Store {
  readonly #path: string;
  readonly #key: string;
  readonly #startTicks: number;
  readonly unreadable = [];

  constructor(stateDir: string, startTicks: number) {
    this.#path = databasePath(stateDir);
    this.#key = join(stateDir, "cron", "jobs.json");
    this.#startTicks = startTicks;
  }

  create(jobs: readonly JobRecord[], withBadRecords: boolean): void {
    mkdirSync(dirname(this.#path), { recursive: true });
    this.#do((database) => {
      database.exec(`${RECEIPT_SCHEMA} BEGIN`);
      for (const job of jobs) this.#insert(database, this.#key, job.id, JSON.stringify(job), JSON.stringify(job.state));
      const first = JSON.stringify(jobs[0]);
      this.#insert(database, "/another/store.json", "job-0", first, '{"runningAtMs":5}');
      const owner = { pid: process.pid, host: "vm", startedAt: this.#startTicks };
      database
        .prepare("INSERT INTO state_leases VALUES ('gateway-owner', 'global', 'x', NULL, NULL, ?, 0, 0)")
        .run(JSON.stringify({ owner }));
      if (withBadRecords) {
        this.#insert(database, this.#key, "torn-state", first, '{"running');
        this.#insert(database, this.#key, "torn-job", '{"id":', '{"runningAtMs":5}');
        this.#insert(database, this.#key, "odd", "[]", '{"runningAtMs":"yes"}');
        this.#task(database, { job: ACTIVE[0], number: -1, startedAt: 7 }, "failed", '{"kind":"cron-run","runAtMs":');
      }
      database.exec("COMMIT");
    });
  }

  load(): JobRecord[] {
    return this.#do((database) =>
      database
        .prepare(
          "SELECT job_json, state_json FROM cron_jobs WHERE store_key = ? AND json_valid(state_json) AND json_valid(job_json)",
        )
        .all(this.#key)
        .map((row) => ({ ...JSON.parse(String(row.job_json)), state: JSON.parse(String(row.state_json)) })),
    );
  }

  save(_jobs: readonly JobRecord[], { id, state }: JobRecord): void {
    this.#do((database) =>
      database
        .prepare("UPDATE cron_jobs SET state_json = ? WHERE store_key = ? AND job_id = ?")
        .run(JSON.stringify(state), this.#key, id),
    );
  }

  begun(run: Run): void {
    this.#do((database) => {
      database
        .prepare(
          `UPDATE cron_run_receipts SET status = 'superseded', finished_at_ms = 1
           WHERE store_key = ? AND job_id = ? AND status = 'running'`,
        )
        .run(this.#key, run.job);
      database
        .prepare(
          `INSERT INTO cron_run_receipts (receipt_id, store_key, job_id, config_revision, agent_id, status, owner_pid, owner_start_time, started_at_ms)
           VALUES (?, ?, ?, 'r', 'main', 'running', ?, ?, ?)`,
        )
        .run(receiptOf(run), this.#key, run.job, process.pid, this.#startTicks, run.startedAt);
      this.#task(database, run, "running", null);
    });
  }

  ended(run: Run, status: "ok" | "interrupted"): void {
    this.#do((database) => {
      database
        .prepare(
          "UPDATE cron_run_receipts SET status = ?, finished_at_ms = ? WHERE receipt_id = ? AND status = 'running'",
        )
        .run(status, Date.now(), receiptOf(run));
      const error = status === "ok" ? null : "cron: job interrupted by gateway restart";
      const detail = {
        kind: "cron-run",
        status: status === "ok" ? "ok" : "error",
        error,
        storeKey: this.#key,
        runAtMs: run.startedAt,
        durationMs: Date.now() - run.startedAt,
      };
      database
        .prepare("UPDATE task_runs SET status = ?, ended_at = ?, error = ?, detail_json = ? WHERE task_id = ?")
        .run(status === "ok" ? "succeeded" : "failed", Date.now(), error, JSON.stringify(detail), `task-${run.number}`);
    });
  }

  /** The process that owned the runs is gone. */
  disown(): void {
    this.#do((database) => database.exec("UPDATE cron_run_receipts SET owner_start_time = 1 WHERE status = 'running'"));
  }

  foreign(): void {
    this.#do((database) =>
      this.#task(database, { job: "main-session", number: Math.random(), startedAt: 1 }, "failed", "{}"),
    );
  }

  lock(): () => void {
    return lockOf(this.#path);
  }

  entries(): readonly Entry[] {
    return this.#do((database) =>
      database
        .prepare(
          "SELECT source_id, started_at, error FROM task_runs WHERE ended_at IS NOT NULL AND source_id LIKE 'job-%' ORDER BY rowid",
        )
        .all()
        .map((row) => ({ job: String(row.source_id), runAt: row.started_at, text: String(row.error) })),
    );
  }

  untouched(): string {
    return this.#do((database) => {
      const jobs = database.prepare("SELECT * FROM cron_jobs ORDER BY store_key, job_id").all();
      const kept = jobs.map(({ state_json, ...row }) => {
        const ours = row.store_key === this.#key && ACTIVE.some((id) => id === row.job_id);
        return ours
          ? withoutRuns({ ...row, id: row.job_id, state: JSON.parse(String(state_json)) } as never)
          : [row, state_json];
      });
      const tasks = database.prepare("SELECT * FROM task_runs WHERE source_id NOT LIKE 'job-%' ORDER BY rowid").all();
      return JSON.stringify([kept, tasks, database.prepare("SELECT * FROM state_leases").all()]);
    });
  }

  wrong(runs: readonly Run[]): string | undefined {
    const receipts = this.#do((database) => database.prepare("SELECT receipt_id, status FROM cron_run_receipts").all());
    for (const run of runs) {
      const status = receipts.find(({ receipt_id }) => receipt_id === receiptOf(run))?.status;
      const expected =
        run.stage === "over" ? ["ok"] : run.stage === "dead" ? ["running", "interrupted", "superseded"] : ["running"];
      if (!expected.includes(String(status))) return `the receipt of a run that is ${run.stage} says ${status}`;
    }
    return undefined;
  }

  #task(
    database: DatabaseSync,
    { job, number, startedAt }: Pick<Run, "job" | "number" | "startedAt">,
    status: string,
    detail: string | null,
  ): void {
    database
      .prepare(
        `INSERT INTO task_runs (task_id, runtime, source_id, owner_key, scope_kind, run_id, task, status, delivery_status, notify_policy, created_at, started_at, ended_at, detail_json)
         VALUES (?, 'cron', ?, '', 'system', ?, 't', ?, 'x', 'silent', 0, ?, ?, ?)`,
      )
      .run(
        `task-${number}`,
        job,
        `cron:${job}:${startedAt}:r-${number}`,
        status,
        startedAt,
        status === "running" ? null : 9,
        detail,
      );
  }

  #insert(database: DatabaseSync, key: string, id: string, definition: string, state: string): void {
    database
      .prepare(
        "INSERT INTO cron_jobs (store_key, job_id, name, enabled, payload_kind, job_json, state_json, updated_at) VALUES (?, ?, 'n', 1, 'agentTurn', ?, ?, 0)",
      )
      .run(key, id, definition, state);
  }

  #do<T>(deed: (database: DatabaseSync) => T): T {
    return withDatabase(this.#path, deed);
  }
}

const receiptOf = ({ number }: Pick<Run, "number">): string => `receipt-${number}`;
