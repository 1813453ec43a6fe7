import { DatabaseSync } from "node:sqlite";
import { GONE_PID } from "./stores.ts";

/** Tables whose rows tell of jobs, runs, tasks and who owns the store; of the others the shape alone is kept. */
const TELLING = /^(cron_|task_|schema_|state_leases$)/;

export interface SqlText {
  /** The version of the database, its tables, indexes and triggers. */
  readonly schema: string;
  /** The rows that tell of cron. */
  readonly rows: string;
}

export function databaseAsSql(path: string): SqlText {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const master = database
      .prepare("SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid")
      .all()
      .filter(({ name }) => !String(name).startsWith("sqlite_"));
    const tables = master.filter(({ type }) => type === "table").map(({ name }) => String(name));
    const telling = tables.filter((table) => TELLING.test(table));
    const fires = master.find(({ type, tbl_name }) => type === "trigger" && telling.includes(String(tbl_name)));
    if (fires !== undefined) throw new Error(`trigger ${fires.name} would fire when the rows are put back`);
    const version = database.prepare("PRAGMA user_version").get()?.user_version;
    return {
      schema: lines([`PRAGMA user_version = ${version};`, ...master.map(({ sql }) => `${sql};`)]),
      rows: lines(telling.flatMap((table) => insertsInto(database, table))),
    };
  } finally {
    database.close();
  }
}

const lines = (all: readonly string[]): string => all.map((line) => `${line}\n`).join("");

/** A column without a value is left out, unless it would be given one. No process of the capturing machine is named. */
function insertsInto(database: DatabaseSync, table: string): readonly string[] {
  const columns = database.prepare("SELECT name, dflt_value FROM pragma_table_info(?)").all(table);
  const given = new Set(columns.filter(({ dflt_value }) => dflt_value !== null).map(({ name }) => name));
  return database
    .prepare(`SELECT * FROM "${table}"`)
    .all()
    .map((row) => {
      const kept = Object.entries(row)
        .filter(([name, value]) => value !== null || given.has(name))
        .map(([name, value]) => [name, name.endsWith("_pid") && value !== null ? GONE_PID : value] as const);
      const names = kept.map(([name]) => name).join(", ");
      return `INSERT INTO ${table} (${names}) VALUES (${kept.map(([, value]) => literal(value)).join(", ")});`;
    });
}

function literal(value: unknown): string {
  if (value === null) return "NULL";
  if (value instanceof Uint8Array) return `X'${Buffer.from(value).toString("hex")}'`;
  return typeof value === "string" ? `'${value.replaceAll("'", "''")}'` : String(value);
}
