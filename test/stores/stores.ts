import { existsSync } from "node:fs";
import { cp, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { GatewayVersion } from "../gateway/harness/generation.ts";

/** `idle`: the gateway was stopped after its runs had ended. `stuck`: it was killed in the middle of one. */
export type Condition = "idle" | "stuck";

/** In the place of the state folder that a store was captured in. */
export const STATE_FOLDER = "/state-folder";
/** In the place of a process that has long ended: no system gives this number to a process. */
export const GONE_PID = 4_194_305;
/** The job that hangs in a stuck store, and has run well in an idle one. */
export const STUCK_JOB = "hangs";

/** Files as they lay in the state folder; the rows of the database, whose schema lies beside both conditions. */
export const storeFolder = (version: GatewayVersion, condition: Condition): string =>
  join(import.meta.dirname, version, condition);
export const SCHEMA = "schema.sql";
export const ROWS = "rows.sql";

/** Lays a store that a real gateway has written into a state folder, as it was. */
export async function layStore(version: GatewayVersion, condition: Condition, stateFolder: string): Promise<void> {
  const folder = storeFolder(version, condition);
  if (existsSync(join(folder, "cron"))) await cp(join(folder, "cron"), join(stateFolder, "cron"), { recursive: true });
  if (!existsSync(join(folder, ROWS))) return;
  const [schema, rows] = await Promise.all([join(folder, "..", SCHEMA), join(folder, ROWS)].map(textOf));
  await mkdir(join(stateFolder, "state"), { recursive: true });
  const database = new DatabaseSync(join(stateFolder, "state", "openclaw.sqlite"));
  database.exec("PRAGMA journal_mode = WAL");
  database.exec(`BEGIN; ${schema} ${rows?.replaceAll(STATE_FOLDER, stateFolder)} COMMIT;`);
  database.close();
}

const textOf = (path: string): Promise<string> => readFile(path, "utf8");
