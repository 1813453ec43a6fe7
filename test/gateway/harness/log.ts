import { closeSync, openSync, readSync, statSync } from "node:fs";

/** One line of the gateway's console or of its log file. */
export interface LogLine {
  readonly source: "console" | "file";
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** The console prints no level. */
  readonly level: "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "unknown";
  readonly subsystem: string;
  readonly text: string;
  /** What the record carries besides its text, such as `jobId`. */
  readonly fields: Readonly<Record<string, unknown>>;
}

type FileRecord = Readonly<Record<string, unknown>> & {
  readonly _meta?: { readonly date?: string; readonly logLevelName?: string; readonly hostname?: string };
};

/** `2026-11-20T08:26:58.534+00:00 [plugins] text`, the time and the subsystem optional. */
export function consoleLine(line: string): LogLine {
  const [, time, subsystem = "", text = line] =
    /^(?:(\d{4}-\d\d-\d\dT\S+) )?(?:\[([\w/:.-]+)\] )?(.*)$/.exec(line) ?? [];
  const at = time === undefined ? Date.now() : Date.parse(time);
  return { source: "console", at, level: "unknown", subsystem, text, fields: {} };
}

/** A JSON record; `undefined` when it is torn, or another gateway's. */
export function fileLine(line: string, logName?: string): LogLine | undefined {
  let record: FileRecord;
  try {
    record = JSON.parse(line) as FileRecord;
  } catch {
    return undefined;
  }
  if (logName !== undefined && record._meta?.hostname !== logName) return undefined;
  const fields: Record<string, unknown> = {};
  const texts: string[] = [];
  let subsystem = "";
  for (let index = 0; String(index) in record; index += 1) {
    const part = record[String(index)];
    const binding = index === 0 ? bindingIn(part) : undefined;
    if (binding) subsystem = String(binding.subsystem ?? binding.module ?? "");
    else if (typeof part === "string") texts.push(part);
    else Object.assign(fields, part);
  }
  const level = (record._meta?.logLevelName?.toLowerCase() ?? "unknown") as LogLine["level"];
  return { source: "file", at: Date.parse(record._meta?.date ?? ""), level, subsystem, text: texts.join(" "), fields };
}

function bindingIn(part: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof part !== "string" || !part.startsWith("{")) return undefined;
  try {
    return JSON.parse(part) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** Reads what a file has gained since the last look, whole lines only. */
export class Tail {
  readonly #path: string;
  #offset: number;
  #rest = "";

  constructor(path: string, from: "start" | "end") {
    this.#path = path;
    this.#offset = from === "end" ? sizeOf(path) : 0;
  }

  lines(): string[] {
    const size = sizeOf(this.#path);
    if (size <= this.#offset) return [];
    const bytes = Buffer.alloc(size - this.#offset);
    const file = openSync(this.#path, "r");
    try {
      this.#offset += readSync(file, bytes, 0, bytes.length, this.#offset);
    } finally {
      closeSync(file);
    }
    // latin1 keeps a character that is cut in two whole until its line is.
    const lines = (this.#rest + bytes.toString("latin1")).split("\n");
    this.#rest = lines.pop() ?? "";
    return lines.map((line) => Buffer.from(line, "latin1").toString("utf8"));
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
