import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** Everything that a store holds, down to each value; files of JSON and database cells of JSON are taken apart. */
export type Photograph = Readonly<Record<string, unknown>>;

/** What the gateway unpacks for itself, and its locks: no store. */
const ASIDE: readonly string[] = ["cache", "tmp"];

/** All bytes and all rows of a state folder. */
export function photographOf(folder: string): Photograph {
  const files = filesIn(folder)
    // What these two hold is read through their database.
    .filter((path) => !/\.sqlite-(wal|shm)$/.test(path))
    .map((path) => relative(folder, path))
    .filter((path) => !ASIDE.includes(path.split(sep)[0] ?? ""));
  return Object.fromEntries(files.sort().map((path) => [path, contentOf(join(folder, path), folder)]));
}

/** Links are not followed. */
function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesIn(path);
    return entry.isFile() ? [path] : [];
  });
}

function contentOf(path: string, folder: string): unknown {
  const text = readFileSync(path, "latin1");
  if (text.startsWith("SQLite format 3")) return databaseAt(path, folder);
  if (path.endsWith(".jsonl")) return text.split("\n").map((line) => parsed(line));
  const value = path.endsWith(".json") || path.endsWith(".bak") ? parsed(text) : text;
  // A document may be spelt in many ways: how this one is spelt counts too.
  return typeof value === "object" ? { spelling: spellingOf(text, value), value } : value;
}

const spellingOf = (text: string, value: unknown): string => {
  const known = { pretty: JSON.stringify(value, null, 2), flat: JSON.stringify(value) };
  const found = Object.entries(known).find(([, spelt]) => spelt === text.trimEnd())?.[0] ?? "of its own";
  return `${found}${text.slice(text.trimEnd().length)}`;
};

function databaseAt(path: string, folder: string): unknown {
  const database = new DatabaseSync(path, { readOnly: true, timeout: 5000 });
  try {
    const master = database.prepare("SELECT type, name, sql FROM sqlite_master ORDER BY type, name").all();
    const tables = master.filter(({ type }) => type === "table").map(({ name }) => String(name));
    return {
      version: database.prepare("PRAGMA user_version").get()?.user_version,
      schema: Object.fromEntries(master.map(({ name, sql }) => [name, sql])),
      ...Object.fromEntries(tables.map((table) => [table, rowsIn(database, table, folder)])),
    };
  } finally {
    database.close();
  }
}

/** Rows by their keys; those that name a file of the store do so as seen from its folder. */
function rowsIn(database: DatabaseSync, table: string, folder: string): unknown {
  const columns = database.prepare("SELECT name, pk FROM pragma_table_info(?)").all(table);
  const keys = columns.filter(({ pk }) => Number(pk) > 0).map(({ name }) => String(name));
  const rows = database.prepare(`SELECT * FROM "${table}"`).all();
  const keyOf = (row: Readonly<Record<string, unknown>>): string =>
    keys.map((key) => String(row[key]).replace(`${folder}/`, "")).join("/");
  return Object.fromEntries(rows.map((row, index) => [keys.length === 0 ? index : keyOf(row), cells(row)]));
}

const cells = (row: object): object =>
  Object.fromEntries(Object.entries(row).map(([key, cell]) => [key, cellOf(cell)]));

const cellOf = (cell: unknown): unknown => {
  if (cell instanceof Uint8Array) return Buffer.from(cell).toString("base64");
  if (typeof cell === "bigint") return String(cell);
  return typeof cell === "string" && /^[[{]/.test(cell) ? parsed(cell) : cell;
};

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** Every place that differs, as `place: was -> is`; a whole record that came or went is one place. */
export const differences = (before: unknown, after: unknown, place = ""): readonly string[] => {
  const [one, other] = [keyed(before), keyed(after)];
  if (one === undefined || other === undefined) {
    return JSON.stringify(before) === JSON.stringify(after) ? [] : [`${place}: changed`];
  }
  const [names, otherNames] = [Object.keys(one), Object.keys(other)];
  const common = names.filter((name) => name in other);
  const reordered = common.join("\n") !== otherNames.filter((name) => name in one).join("\n");
  const under = (name: string): string => (place === "" ? name : `${place}/${name}`);
  return [
    ...(reordered ? [`${place}: reordered`] : []),
    ...names.filter((name) => !(name in other)).map((name) => `${under(name)}: gone`),
    ...otherNames.filter((name) => !(name in one)).map((name) => `${under(name)}: added`),
    ...common.flatMap((name) => differences(one[name], other[name], under(name))),
  ];
};

/** Lists whose members have an id are compared by it. */
function keyed(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (!Array.isArray(value)) return value as Readonly<Record<string, unknown>>;
  const named = value.every((member) => typeof member?.id === "string");
  return Object.fromEntries(value.map((member, index) => [named ? member.id : index, member]));
}
