import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { databasePath } from "../../plugin/host/database.ts";
import { ACTIVE, type Entry, type JobRecord, type Run, type Store, withoutRuns } from "./job.ts";
import { RUN_LOG_SCHEMA } from "./schema.ts";

/** SQLite with run logs: what a job is lies in columns, its mark in a column and in its state. */
export class RunLogStore implements Store {
  readonly #path: string;
  readonly #key: string;
  readonly unreadable = [];

  constructor(stateDir: string) {
    this.#path = databasePath(stateDir);
    this.#key = join(stateDir, "cron", "jobs.json");
  }

  create(jobs: readonly JobRecord[], withBadRecords: boolean): void {
    mkdirSync(dirname(this.#path), { recursive: true });
    this.#do((database) => {
      database.exec(`${RUN_LOG_SCHEMA} BEGIN`);
      for (const job of jobs) this.#insert(database, this.#key, job, JSON.stringify(job.state));
      const [first] = jobs;
      if (first !== undefined) this.#insert(database, "/another/store.json", first, '{"runningAtMs":5}');
      if (withBadRecords && first !== undefined) {
        this.#insert(database, this.#key, { ...first, id: "torn" }, '{"running');
        database.exec("UPDATE cron_jobs SET running_at_ms = 5 WHERE job_id = 'torn'");
        this.#insert(database, this.#key, { ...first, id: "" }, "null");
        this.#history(database, ACTIVE[0], Number.NaN, "ok", "");
      }
      database.exec("COMMIT");
    });
  }

  load(): JobRecord[] {
    return this.#do((database) =>
      database
        .prepare("SELECT job_json, state_json FROM cron_jobs WHERE store_key = ? AND json_valid(state_json)")
        .all(this.#key)
        .map((row) => ({ ...JSON.parse(String(row.job_json)), state: JSON.parse(String(row.state_json)) ?? {} })),
    );
  }

  save(_jobs: readonly JobRecord[], { id, state }: JobRecord): void {
    const mark = state.runningAtMs;
    this.#do((database) =>
      database
        .prepare("UPDATE cron_jobs SET running_at_ms = ?, state_json = ? WHERE store_key = ? AND job_id = ?")
        .run(typeof mark === "number" ? mark : null, JSON.stringify(state), this.#key, id),
    );
  }

  begun(): void {}

  ended(run: Run, status: "ok" | "interrupted"): void {
    const error = status === "ok" ? "" : "cron: job interrupted by gateway restart";
    this.#do((database) => this.#history(database, run.job, run.startedAt, status === "ok" ? "ok" : "error", error));
  }

  foreign(): void {
    this.#do((database) => this.#history(database, "main-session", Date.now(), "ok", "foreign"));
  }

  lock(): () => void {
    return lockOf(this.#path);
  }

  entries(): readonly Entry[] {
    return this.#do((database) =>
      database
        .prepare(
          "SELECT job_id, run_at_ms, error FROM cron_run_logs WHERE store_key = ? AND job_id LIKE 'job-%' ORDER BY rowid",
        )
        .all(this.#key)
        .map((row) => ({ job: String(row.job_id), runAt: row.run_at_ms, text: String(row.error) })),
    );
  }

  untouched(): string {
    return this.#do((database) => {
      const jobs = database.prepare("SELECT * FROM cron_jobs ORDER BY store_key, job_id").all();
      const kept = jobs.map(({ running_at_ms, state_json, ...row }) => {
        const ours = row.store_key === this.#key && ACTIVE.some((id) => id === row.job_id);
        return ours
          ? withoutRuns({ ...row, id: row.job_id, state: JSON.parse(String(state_json)) } as never)
          : [row, running_at_ms, state_json];
      });
      const others = "FROM cron_run_logs WHERE store_key <> ? OR job_id NOT LIKE 'job-%' ORDER BY rowid";
      return JSON.stringify([kept, database.prepare(`SELECT * ${others}`).all(this.#key)]);
    });
  }

  wrong(): undefined {}

  #history(database: DatabaseSync, job: string, runAt: number, status: string, error: string): void {
    const number = Number.isNaN(runAt) ? null : runAt;
    database
      .prepare(
        `INSERT INTO cron_run_logs (store_key, job_id, seq, ts, status, error, run_at_ms, duration_ms, entry_json, created_at)
         VALUES (?, ?, (SELECT COALESCE(MAX(seq), 0) + 1 FROM cron_run_logs WHERE store_key = ? AND job_id = ?), ?, ?, ?, ?, ?, '{}', 0)`,
      )
      .run(
        this.#key,
        job,
        this.#key,
        job,
        Date.now(),
        status,
        error,
        number,
        number === null ? null : Date.now() - number,
      );
  }

  #insert(database: DatabaseSync, key: string, job: JobRecord, state: string): void {
    const { runningAtMs } = job.state;
    database
      .prepare(
        `INSERT INTO cron_jobs (store_key, job_id, name, enabled, created_at_ms, schedule_kind, every_ms, session_target, wake_mode,
           payload_kind, payload_timeout_seconds, running_at_ms, job_json, state_json, updated_at)
         VALUES (?, ?, ?, ?, 0, 'every', 60000, ?, 'now', 'agentTurn', 60, ?, ?, ?, 0)`,
      )
      .run(
        key,
        job.id,
        job.name,
        job.enabled ? 1 : 0,
        job.sessionTarget,
        (runningAtMs as number) ?? null,
        JSON.stringify(job),
        state,
      );
  }

  #do<T>(deed: (database: DatabaseSync) => T): T {
    return withDatabase(this.#path, deed);
  }
}

export function withDatabase<T>(path: string, deed: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(path);
  try {
    // The machine itself never loses power here.
    database.exec("PRAGMA synchronous = OFF");
    return deed(database);
  } finally {
    database.close();
  }
}

/** What another thread or process does in the middle of a write. */
export function lockOf(path: string): () => void {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec("BEGIN IMMEDIATE");
  } catch {
    database.close();
    return () => {};
  }
  return () => {
    if (database.isOpen) database.close();
  };
}
