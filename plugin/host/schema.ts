import type { DatabaseSync } from "node:sqlite";

/** What is missing of the tables that an adapter needs, or that its schema version is unknown; undefined if neither. */
export function missingIn(
  database: DatabaseSync,
  needed: Readonly<Record<string, readonly string[]>>,
  versions: readonly number[],
): string | undefined {
  for (const [table, columns] of Object.entries(needed)) {
    const present = columnsOf(database, table);
    if (present.length === 0) return `table ${table} is missing`;
    const missing = columns.find((column) => !present.includes(column));
    if (missing !== undefined) return `column ${table}.${missing} is missing`;
  }
  const version = versionOf(database);
  return versions.includes(version as number) ? undefined : `schema version ${version} is not known`;
}

export const versionOf = (database: DatabaseSync): unknown =>
  database.prepare("PRAGMA user_version").get()?.user_version;

export const columnsOf = (database: DatabaseSync, table: string): readonly unknown[] =>
  database
    .prepare("SELECT name FROM pragma_table_info(?)")
    .all(table)
    .map(({ name }) => name);
