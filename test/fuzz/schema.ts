import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { GatewayVersion } from "../gateway/harness/generation.ts";
import { SCHEMA } from "../stores/stores.ts";

/** The tables that the adapters read and write, with their indexes, as a real gateway has created them. */
function schemaOf(version: GatewayVersion, tables: readonly string[]): string {
  const whole = readFileSync(join(import.meta.dirname, "..", "stores", version, SCHEMA), "utf8");
  const wanted = whole.split(/;\s*\n(?=CREATE |PRAGMA )/).filter((statement) => {
    const of = /^CREATE TABLE (\w+)/.exec(statement) ?? /^CREATE (?:UNIQUE )?INDEX \w+\s+ON (\w+)/.exec(statement);
    return statement.startsWith("PRAGMA user_version") || tables.includes(of?.[1] ?? "");
  });
  return `PRAGMA journal_mode = WAL; ${wanted.join(";\n")};`;
}

export const RUN_LOG_SCHEMA = schemaOf("2026.7.1-2", ["cron_jobs", "cron_run_logs", "task_runs"]);
export const RECEIPT_SCHEMA = schemaOf("2026.9.6", ["cron_jobs", "cron_run_receipts", "task_runs", "state_leases"]);
