import { closeSync, constants, mkdirSync, openSync, writeSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { exactly, type RunEntry, type RunSpan } from "../core/entry.ts";
import { type HistoryRecord, readPast } from "../core/history.ts";
import type { JobId, RunMark } from "../core/job.ts";
import { type Observed, read, unread } from "../core/observed.ts";
import type { Past } from "../core/snapshot.ts";
import type { Instant } from "../core/time.ts";
import { HostError } from "./port.ts";
import { codeOf, messageOf, withRegularFile } from "./regular-file.ts";

/** Bytes, in any usual file system. */
const LONGEST_NAME = 255;

/** The run history of the JSON generations: one file of JSON lines for each job. */
export class RunLog {
  readonly #folder: string;

  constructor(storePath: string) {
    this.#folder = join(dirname(storePath), "runs");
  }

  /** What the history says of one run, read from the end and no further than needed. */
  async past(
    { jobId, startedAt }: RunMark,
    since: Instant,
    span: RunSpan = exactly(startedAt),
  ): Promise<Observed<Past>> {
    const path = this.#pathOf(jobId);
    if (path.kind === "unread") return path;
    const reader = readPast(span, since);
    const done = await withRegularFile(path.value, async (file, size) => {
      for await (const line of linesFromTheEnd(file, size)) {
        const record = recordIn(line, jobId);
        if (record === undefined) continue;
        reader.take(record);
        if (reader.enough(record)) return;
      }
    });
    return done.kind === "unread" ? done : read(reader.past());
  }

  /**
   * Opens the file for one more line. The line itself is written in one synchronous call, so that the caller can clear
   * the mark in the same turn of the event loop. A file that is not there yet comes with its first line, not before.
   */
  async open(id: JobId): Promise<OpenRunLog> {
    const path = this.#pathOf(id);
    if (path.kind === "unread") throw new HostError("not-understood", path.because);
    let file: FileHandle | undefined;
    try {
      file = await open(path.value, APPENDING);
      const stat = await file.stat();
      if (!stat.isFile()) throw new Error("is not a regular file");
      return new OpenRunLog(path.value, file, (await endsInsideALine(file, stat.size)) ? "\n" : "");
    } catch (error) {
      await file?.close();
      if (codeOf(error) === "ENOENT") return new OpenRunLog(path.value, undefined, "");
      throw new HostError("refused", `${path.value}: ${codeOf(error) ?? messageOf(error)}`, { cause: error });
    }
  }

  /** A job id names a file: whatever could lead out of the folder is refused. */
  #pathOf(id: JobId): Observed<string> {
    const name = `${id}.jsonl`;
    if (id === "" || Buffer.byteLength(name) > LONGEST_NAME || /[/\\\0]/.test(id))
      return unread(`job id ${JSON.stringify(id)} names no file`);
    return read(join(this.#folder, name));
  }
}

const APPENDING = constants.O_RDWR | constants.O_APPEND | constants.O_NONBLOCK | constants.O_NOFOLLOW;

export class OpenRunLog {
  readonly #path: string;
  /** Undefined while there is none. */
  readonly #file: FileHandle | undefined;
  readonly #before: string;

  constructor(path: string, file: FileHandle | undefined, before: string) {
    this.#path = path;
    this.#file = file;
    this.#before = before;
  }

  /** Synchronous on purpose: one short write to an open regular file. */
  append(entry: RunEntry, nextRunAt: number | undefined): void {
    const line = JSON.stringify({
      ts: entry.endedAt,
      jobId: entry.mark.jobId,
      action: "finished",
      status: "error",
      error: entry.text,
      deliveryStatus: "not-requested",
      runAtMs: entry.mark.startedAt,
      durationMs: entry.duration,
      nextRunAtMs: nextRunAt,
    });
    const bytes = Buffer.from(`${this.#before}${line}\n`);
    const fd = this.#file?.fd ?? this.#begin();
    try {
      const written = writeSync(fd, bytes);
      if (written !== bytes.length) throw new HostError("refused", `only ${written} of ${bytes.length} bytes written`);
    } finally {
      if (this.#file === undefined) closeSync(fd);
    }
  }

  /** Fails if the file has appeared since: another line would have to be looked for in it first. */
  #begin(): number {
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
    return openSync(this.#path, APPENDING | constants.O_CREAT | constants.O_EXCL, 0o600);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file?.close();
  }
}

const CHUNK = 64 * 1024;
const LONGEST_LINE = 1024 * 1024;

/** Yields lines last to first. A line longer than a megabyte is passed over: no entry of the gateway is. */
async function* linesFromTheEnd(file: FileHandle, size: number): AsyncGenerator<string> {
  let end = size;
  let tail: Buffer = Buffer.alloc(0);
  let tooLong = false;
  while (end > 0) {
    const start = Math.max(0, end - CHUNK);
    const chunk = Buffer.alloc(end - start);
    const { bytesRead } = await file.read(chunk, 0, chunk.length, start);
    if (bytesRead < chunk.length) throw new Error("the file became shorter while it was read");
    end = start;
    let stop = chunk.length;
    for (let at = chunk.lastIndexOf(10); at !== -1; at = at === 0 ? -1 : chunk.lastIndexOf(10, at - 1)) {
      const head = chunk.subarray(at + 1, stop);
      if (!tooLong) yield Buffer.concat([head, tail]).toString("utf8");
      tail = Buffer.alloc(0);
      tooLong = false;
      stop = at;
    }
    const rest = chunk.subarray(0, stop);
    if (tail.length + rest.length > LONGEST_LINE) tooLong = true;
    tail = tooLong ? Buffer.alloc(0) : Buffer.concat([rest, tail]);
  }
  if (!tooLong && tail.length > 0) yield tail.toString("utf8");
}

async function endsInsideALine(file: FileHandle, size: number): Promise<boolean> {
  if (size === 0) return false;
  const last = Buffer.alloc(1);
  await file.read(last, 0, 1, size - 1);
  return last[0] !== 10;
}

/** A line as the gateway's own reader takes it; what it would drop, we drop too. */
function recordIn(line: string, id: JobId): HistoryRecord | undefined {
  if (line.trim() === "") return undefined;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { action, jobId, ts, runAtMs, status, error, durationMs } = value as Readonly<Record<string, unknown>>;
  if (action !== "finished" || jobId !== id || typeof ts !== "number" || !Number.isFinite(ts)) return undefined;
  return {
    runAt: typeof runAtMs === "number" ? runAtMs : undefined,
    endedAt: ts,
    status: typeof status === "string" ? status : "",
    text: typeof error === "string" ? error : undefined,
    duration: typeof durationMs === "number" ? durationMs : undefined,
  };
}
