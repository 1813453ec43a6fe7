import { DatabaseSync } from "node:sqlite";
import type { Home } from "../harness/home.ts";
import { databasePath } from "../harness/store.ts";

/** Runs a statement on the gateway's database, behind its back. */
export function execute(home: Home, statement: string): void {
  const database = new DatabaseSync(databasePath(home), { timeout: 5000 });
  database.exec(statement);
  database.close();
}
