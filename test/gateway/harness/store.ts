import { createHash, randomUUID } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Home } from "./home.ts";
import type { HistoryEntry, JobState } from "./jobs.ts";

/** The store as it lies on disk. Shares no code with the plugin: it is what the plugin is checked against. */

export interface Receipt {
  readonly receipt_id: string;
  readonly job_id: string;
  readonly status: string;
  readonly owner_pid: number;
  readonly owner_start_time: number | null;
  readonly started_at_ms: number;
  readonly finished_at_ms: number | null;
  readonly error_text: string | null;
}

export type Row = Readonly<Record<string, string | number | null>>;

/** What to change in a job's state; `undefined` removes the field. */
export type StatePatch = { readonly [Key in keyof JobState]?: JobState[Key] | undefined };

export interface PlantedReceipt {
  readonly receiptId?: string;
  readonly pid: number;
  /** Ticks since boot, as in /proc/PID/stat; `null` for "not known". */
  readonly startTime: number | null;
  readonly startedAtMs: number;
}

interface JobFile {
  readonly jobs: { readonly id: string; state?: Record<string, unknown> }[];
}

interface StateFile {
  readonly jobs: Record<string, { state: Record<string, unknown> } | undefined>;
}

export function databasePath(home: Home): string {
  return join(home.stateFolder, "state", "openclaw.sqlite");
}

export function storedState(home: Home, jobId: string): JobState {
  switch (home.generation.store) {
    case "json":
      return (jobIn(readJson<JobFile>(jobsPath(home)), jobId).state ?? {}) as JobState;
    case "split-json":
      return (readJson<StateFile>(statePath(home)).jobs[jobId]?.state ?? {}) as JobState;
    case "sqlite":
      return withDatabase(home, "read", (database) => JSON.parse(stateJson(database, jobId)) as JobState);
  }
}

/** History straight from disk, oldest first. */
export function storedHistory(home: Home, jobId: string): readonly HistoryEntry[] {
  if (home.generation.store === "sqlite") {
    const logs = select(home, "cron_run_logs", "job_id = ? order by seq", jobId);
    if (logs.length > 0) return logs.map((row) => JSON.parse(String(row.entry_json)) as HistoryEntry);
    return taskRuns(home, jobId).flatMap((row) => {
      const detail = JSON.parse(String(row.detail_json ?? "{}")) as HistoryEntry & { kind?: string };
      return detail.kind === "cron-run" ? [detail] : [];
    });
  }
  const path = join(cronFolder(home), "runs", `${jobId}.jsonl`);
  if (!existsSync(path)) return [];
  return readFileSync(path, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as HistoryEntry);
}

/** Empty on generations without receipts. */
export function receipts(home: Home, jobId: string): readonly Receipt[] {
  return select(home, "cron_run_receipts", "job_id = ? order by started_at_ms", jobId) as unknown as readonly Receipt[];
}

export function taskRuns(home: Home, jobId: string): readonly Row[] {
  return select(home, "task_runs", "runtime = 'cron' and source_id = ? order by created_at", jobId);
}

/** Writes into the job's state behind the gateway's back: one rename, or one short transaction. */
export function plantMark(home: Home, jobId: string, patch: StatePatch): void {
  switch (home.generation.store) {
    case "json":
      rewrite<JobFile>(jobsPath(home), (file) => {
        const job = jobIn(file, jobId);
        job.state = patched(job.state ?? {}, patch);
      });
      break;
    case "split-json":
      rewrite<StateFile>(statePath(home), ({ jobs }) => {
        jobs[jobId] = { ...jobs[jobId], state: patched(jobs[jobId]?.state ?? {}, patch) };
      });
      break;
    case "sqlite":
      withDatabase(home, "write", (database) => {
        const state = patched(JSON.parse(stateJson(database, jobId)) as Record<string, unknown>, patch);
        database.prepare("update cron_jobs set state_json = ? where job_id = ?").run(JSON.stringify(state), jobId);
        if (columns(database, "cron_jobs").includes("running_at_ms")) {
          const mark = (state.runningAtMs as number | undefined) ?? null;
          database.prepare("update cron_jobs set running_at_ms = ? where job_id = ?").run(mark, jobId);
        }
      });
      break;
  }
}

/** A claim of a process on a run, as 2026.8.2 and later write it; returns its id. */
export function plantReceipt(home: Home, jobId: string, planted: PlantedReceipt): string {
  const id = planted.receiptId ?? randomUUID();
  withDatabase(home, "write", (database) => {
    const job = database.prepare("select store_key from cron_jobs where job_id = ?").get(jobId);
    if (!job) throw new Error(`no job ${jobId} in ${databasePath(home)}`);
    database
      .prepare(
        `insert into cron_run_receipts (receipt_id, store_key, job_id, config_revision, agent_id, status,
           owner_pid, owner_start_time, started_at_ms) values (?, ?, ?, 'sha256:planted', 'main', 'running', ?, ?, ?)`,
      )
      .run(id, job.store_key as string, jobId, planted.pid, planted.startTime, planted.startedAtMs);
  });
  return id;
}

/** When a process started, in ticks since boot: with its pid it names the process for good. */
export function processStartTime(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]);
}

/** A hash of every file and every table that has to do with cron or tasks: two equal ones prove that nothing changed. */
export function digest(home: Home): Readonly<Record<string, string>> {
  const result: Record<string, string> = {};
  for (const path of filesIn(cronFolder(home))) result[path] = hash(readFileSync(join(cronFolder(home), path)));
  const databases = [databasePath(home), join(home.stateFolder, "tasks", "runs.sqlite")];
  for (const path of databases.filter((candidate) => existsSync(candidate))) {
    const database = new DatabaseSync(path, { readOnly: true });
    try {
      for (const table of tables(database)) {
        const rows = database
          .prepare(`select * from "${table}"`)
          .all()
          .map((row) => JSON.stringify(row));
        result[`${path.slice(home.stateFolder.length + 1)}#${table}`] = hash(rows.sort().join("\n"));
      }
    } finally {
      database.close();
    }
  }
  return result;
}

function cronFolder(home: Home): string {
  return dirname(home.cronStore);
}

function jobsPath(home: Home): string {
  return home.cronStore;
}

function statePath(home: Home): string {
  return home.cronStore.replace(/(\.json)?$/, "-state.json");
}

function filesIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return entries.map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1)).sort();
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, "utf8")) as T;
}

function rewrite<T>(path: string, change: (value: T) => void): void {
  const value = readJson<T>(path);
  change(value);
  const beside = `${path}.${randomUUID()}`;
  writeFileSync(beside, JSON.stringify(value, null, 2), { mode: 0o600 });
  renameSync(beside, path);
}

function jobIn(file: JobFile, jobId: string): JobFile["jobs"][number] {
  const job = file.jobs.find(({ id }) => id === jobId);
  if (!job) throw new Error(`no job ${jobId} in the file`);
  return job;
}

function patched(state: Readonly<Record<string, unknown>>, patch: StatePatch): Record<string, unknown> {
  return Object.fromEntries(Object.entries({ ...state, ...patch }).filter(([, value]) => value !== undefined));
}

function withDatabase<T>(home: Home, purpose: "read" | "write", use: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(databasePath(home), { readOnly: purpose === "read", timeout: 5000 });
  try {
    if (purpose === "read") return use(database);
    database.exec("begin immediate");
    const result = use(database);
    database.exec("commit");
    return result;
  } finally {
    database.close();
  }
}

function stateJson(database: DatabaseSync, jobId: string): string {
  const row = database.prepare("select state_json from cron_jobs where job_id = ?").get(jobId);
  if (!row) throw new Error(`no job ${jobId} in the database`);
  return row.state_json as string;
}

function select(home: Home, table: string, where: string, ...values: string[]): readonly Row[] {
  if (home.generation.store !== "sqlite") return [];
  return withDatabase(home, "read", (database) => {
    if (!tables(database).includes(table)) return [];
    return database.prepare(`select * from ${table} where ${where}`).all(...values) as unknown as readonly Row[];
  });
}

function tables(database: DatabaseSync): readonly string[] {
  const rows = database.prepare("select name from sqlite_master where type = 'table' order by name").all();
  return rows.map(({ name }) => String(name)).filter((name) => /cron|task/.test(name));
}

function columns(database: DatabaseSync, table: string): readonly string[] {
  return database
    .prepare(`pragma table_info(${table})`)
    .all()
    .map(({ name }) => String(name));
}

function hash(bytes: Buffer | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}
