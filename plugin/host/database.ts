import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { HostError } from "./port.ts";
import { codeOf, messageOf } from "./regular-file.ts";

export const databasePath = (stateDir: string): string => join(stateDir, "state", "openclaw.sqlite");

/** node:sqlite waits in the event loop: ten milliseconds at most, whoever wants to wait longer does so outside. */
const BUSY_TIMEOUT = 10;

/** A look at the database; nothing can be written through it. */
export async function reading<T>(stateDir: string, look: (database: DatabaseSync) => Promise<T> | T): Promise<T> {
  await refuseIrregular(databasePath(stateDir));
  const database = opened(stateDir, true);
  try {
    return await look(database);
  } catch (error) {
    throw asHostError(error);
  } finally {
    database.close();
  }
}

/** One short transaction, all of it in this turn of the event loop. The file was looked at before: it is regular. */
export function writing(stateDir: string, write: (database: DatabaseSync) => void): void {
  const database = opened(stateDir, false);
  try {
    database.exec("BEGIN IMMEDIATE");
    try {
      write(database);
      database.exec("COMMIT");
    } catch (error) {
      if (database.isTransaction) database.exec("ROLLBACK");
      throw error;
    }
  } catch (error) {
    throw asHostError(error);
  } finally {
    database.close();
  }
}

function opened(stateDir: string, readOnly: boolean): DatabaseSync {
  try {
    return new DatabaseSync(databasePath(stateDir), { readOnly, timeout: BUSY_TIMEOUT });
  } catch (error) {
    throw asHostError(error);
  }
}

async function refuseIrregular(path: string): Promise<void> {
  let regular: boolean;
  try {
    regular = (await lstat(path)).isFile();
  } catch (error) {
    throw new HostError("refused", `${path}: ${codeOf(error) ?? messageOf(error)}`, { cause: error });
  }
  if (!regular) throw new HostError("not-understood", `${path} is not a regular file`);
}

const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;

function asHostError(error: unknown): Error {
  if (error instanceof HostError || !(error instanceof Error)) return error as Error;
  const code = "errcode" in error && typeof error.errcode === "number" ? error.errcode & 0xff : undefined;
  if (code === SQLITE_BUSY || code === SQLITE_LOCKED)
    return new HostError("busy", "the database is locked", { cause: error });
  return code === undefined ? error : new HostError("refused", `the database: ${error.message}`, { cause: error });
}
