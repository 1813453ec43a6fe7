import type { DatabaseSync } from "node:sqlite";

/** The store's key among the rows: the usual one, or the only one there is. */
export function storeKeyIn(database: DatabaseSync, usual: string): string | undefined {
  const keys = database
    .prepare("SELECT DISTINCT store_key FROM cron_jobs LIMIT 3")
    .all()
    .map((row) => String(row.store_key));
  return keys.length === 1 ? keys[0] : keys.includes(usual) || keys.length === 0 ? usual : undefined;
}
