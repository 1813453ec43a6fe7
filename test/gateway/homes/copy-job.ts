import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Home } from "../harness/home.ts";
import { databasePath } from "../harness/store.ts";

interface JobsFile {
  readonly jobs: ({ readonly id: string } & Record<string, unknown>)[];
}

interface Copy {
  readonly id: string;
  /** SQLite generations: the set of jobs that it shall belong to, the original's own unless given. */
  readonly store?: string;
}

/** Writes a second job into the store of a gateway that does not run, as somebody would by hand. */
export function copyJob(home: Home, original: string, { id, store }: Copy): void {
  if (home.generation.store === "sqlite") copyRow(home, original, id, store);
  else copyInFile(home, original, id);
}

function copyInFile({ cronStore }: Home, original: string, id: string): void {
  const file = JSON.parse(readFileSync(cronStore, "utf8")) as JobsFile;
  const job = file.jobs.find((each) => each.id === original);
  if (job === undefined) throw new Error(`no job ${original} in ${cronStore}`);
  file.jobs.push({ ...job, id, state: {} });
  writeFileSync(cronStore, JSON.stringify(file, null, 2));
}

function copyRow(home: Home, original: string, id: string, store: string | undefined): void {
  const database = new DatabaseSync(databasePath(home), { timeout: 5000 });
  try {
    const row = database.prepare("select * from cron_jobs where job_id = ?").get(original);
    if (row === undefined) throw new Error(`no job ${original} in the database`);
    const { job_json: definition, store_key: usual } = row;
    const copy = {
      ...row,
      job_id: id,
      store_key: store ?? usual ?? null,
      ...(typeof definition === "string" ? { job_json: JSON.stringify({ ...JSON.parse(definition), id }) } : {}),
    };
    const names = Object.keys(copy);
    const places = names.map(() => "?").join(", ");
    database.prepare(`insert into cron_jobs (${names.join(", ")}) values (${places})`).run(...Object.values(copy));
  } finally {
    database.close();
  }
}

/** As a home that had a `cron.store` looks after its move to a gateway without that setting. */
export function renameStore(home: Home): void {
  const store = join(home.stateFolder, "my own", "jobs of mine.json");
  const database = new DatabaseSync(databasePath(home), { timeout: 5000 });
  try {
    database.prepare("update cron_jobs set store_key = ?").run(store);
    database
      .prepare("insert into config_machine_state (state_key, value_json, updated_at_ms) values ('cron.store', ?, ?)")
      .run(JSON.stringify(store), Date.now());
  } finally {
    database.close();
  }
}
