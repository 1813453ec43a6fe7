import { resolve } from "node:path";
import type { DatabaseSync } from "node:sqlite";

/** The store's key among the rows: the one that the gateway has noted, the usual one, or the only one there is. */
export function storeKeyIn(database: DatabaseSync, usual: string): string | undefined {
  const keys = database
    .prepare("SELECT DISTINCT store_key FROM cron_jobs LIMIT 3")
    .all()
    .map((row) => String(row.store_key));
  const noted = notedStore(database);
  if (noted?.startsWith("~")) return keys.find((key) => key.endsWith(noted.slice(1)));
  if (noted !== undefined) return resolve(noted);
  return keys.length === 1 ? keys[0] : keys.includes(usual) || keys.length === 0 ? usual : undefined;
}

/** From 2026.8 on `cron.store` is no setting any more: a gateway that once had one keeps it here. */
function notedStore(database: DatabaseSync): string | undefined {
  const table = database.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'config_machine_state'");
  if (table.get() === undefined) return undefined;
  const row = database.prepare("SELECT value_json FROM config_machine_state WHERE state_key = 'cron.store'").get();
  try {
    const noted: unknown = JSON.parse(String(row?.value_json));
    return typeof noted === "string" && noted.trim() !== "" ? noted.trim() : undefined;
  } catch {
    return undefined;
  }
}
