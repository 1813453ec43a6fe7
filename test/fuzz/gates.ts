import fs, { promises } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { DatabaseSync } from "node:sqlite";

/** Called before each operation of ours on a file or a database. `turns`: others of this process may act here too. */
export type Gate = (operation: string, turns: boolean) => void;

/** The process is gone: thrown at one gate, and from then on at every other. */
export class Crash extends Error {
  /** How much of the write in hand still reached the disk, from 0 to 1. */
  readonly written: number;

  constructor(written = 0) {
    super("crashed");
    this.written = written;
  }
}

let gate: Gate | undefined;

/** Whatever the deed does to files and databases goes through the gate. */
export async function through<T>(by: Gate, deed: () => Promise<T>): Promise<T> {
  gate = by;
  try {
    return await deed();
  } finally {
    gate = undefined;
  }
}

/** The gateway's own operations pass no gate. */
export function outside<T>(deed: () => T): T {
  const kept = gate;
  gate = undefined;
  try {
    return deed();
  } finally {
    gate = kept;
  }
}

/** A point at which the fake gateway itself awaits. */
export async function step(operation: string): Promise<void> {
  await undefined;
  gate?.(operation, true);
}

type Method = (this: unknown, ...given: unknown[]) => unknown;
type Methods = Record<string, Method>;

const replace = (owner: unknown, name: string, by: (real: Method) => Method): void => {
  const methods = owner as Methods;
  methods[name] = by(methods[name] as Method);
};

const awaiting = (name: string) => (real: Method) =>
  async function (this: unknown, ...given: unknown[]) {
    if (gate === undefined) return await real.apply(this, given);
    await step(`${name} ${typeof given[0] === "string" ? given[0] : ""}`);
    return await machine(name, given, await outsideLater(() => real.apply(this, given)));
  };

const outsideLater = async (deed: () => unknown): Promise<unknown> => {
  try {
    return { done: await deed() };
  } catch (error) {
    return { error };
  }
};

const PROCESS = `/proc/${process.pid}/stat`;

/** The machine that the adapters see: one process, which is the gateway, and no lock of another. */
function machine(name: string, [path]: readonly unknown[], settled: unknown): unknown {
  if (name === "readdir" && path === "/proc") return [String(process.pid)];
  if (name === "readdir" && /openclaw-\d+$/.test(String(path))) {
    throw Object.assign(new Error("ENOENT"), { code: "ENOENT" });
  }
  const { done, error } = settled as { readonly done?: unknown; readonly error?: unknown };
  if (error !== undefined) throw error;
  if (name === "readFile" && path === PROCESS) return String(done).replace(/\(.*\)/, "(openclaw-gatewa)");
  return done;
}

const synchronous = (name: string) => (real: Method) =>
  function (this: unknown, ...given: unknown[]) {
    gate?.(`${name} ${typeof given[0] === "string" ? given[0].trim().split(/\s+/, 3).join(" ") : ""}`, false);
    return real.apply(this, given);
  };

/** A line that is being written when the process dies is torn. */
const writing = (real: Method) =>
  function (this: unknown, ...given: unknown[]) {
    const [file, bytes] = given;
    try {
      gate?.("writeSync", false);
    } catch (error) {
      if (error instanceof Crash && Buffer.isBuffer(bytes)) {
        real.call(this, file, bytes.subarray(0, Math.floor(bytes.length * error.written)));
      }
      throw error;
    }
    return real.apply(this, given);
  };

const FIRST_NAMESPACE = "pid:[4026531836]";

/** Puts the gates in, once for the life of this process. */
export async function installGates(): Promise<void> {
  for (const name of ["open", "lstat", "stat", "mkdir", "readdir", "readFile"]) replace(promises, name, awaiting(name));
  replace(fs, "writeSync", writing);
  replace(
    fs,
    "readlinkSync",
    (real) =>
      function (this: unknown, ...given: unknown[]) {
        return given[0] === "/proc/self/ns/pid" ? FIRST_NAMESPACE : real.apply(this, given);
      },
  );
  syncBuiltinESMExports();
  await using file = await promises.open("/dev/null");
  for (const name of ["read", "stat", "readFile"]) replace(Object.getPrototypeOf(file), name, awaiting(`file ${name}`));
  using database = new DatabaseSync(":memory:");
  replace(DatabaseSync.prototype, "exec", synchronous("sql"));
  replace(DatabaseSync.prototype, "prepare", synchronous("sql"));
  const statement = Object.getPrototypeOf(database.prepare("SELECT 1"));
  for (const name of ["run", "get", "all"]) replace(statement, name, synchronous(name));
}
