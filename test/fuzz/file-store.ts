import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { ACTIVE, type Entry, type JobRecord, type Run, type Store, withoutRuns } from "./job.ts";

const BAD = [null, 5, "job", { id: 5 }, { id: "", sessionTarget: "isolated" }, { id: "odd", state: "x" }];

/** jobs.json and one run log for each job; from the second generation on with the states in a file of their own. */
export class FileStore implements Store {
  readonly #folder: string;
  readonly #split: boolean;
  #written: readonly string[] = [];
  #bad: readonly unknown[] = [];
  unreadable: readonly string[] = [];

  constructor(stateDir: string, split: boolean) {
    this.#folder = join(stateDir, "cron");
    this.#split = split;
  }

  get #jobs(): string {
    return join(this.#folder, "jobs.json");
  }

  get #states(): string {
    return join(this.#folder, "jobs-state.json");
  }

  create(jobs: readonly JobRecord[], withBadRecords: boolean): void {
    mkdirSync(join(this.#folder, "runs"), { recursive: true });
    this.#written = [];
    if (withBadRecords) {
      const outside = { ...jobs[0], id: "../outside", state: { runningAtMs: 5 } };
      this.#bad = [...BAD, outside];
      this.unreadable = [ACTIVE[2]];
      mkdirSync(this.#log(ACTIVE[2]));
      writeFileSync(
        this.#log(ACTIVE[0]),
        '{"torn":\n[]\n\0\0\n{"action":"finished","jobId":"job-0","ts":1e999}\nhalf a li',
      );
    }
    this.#write(jobs);
  }

  load(): JobRecord[] {
    const { jobs } = JSON.parse(readFileSync(this.#jobs, "utf8"));
    if (!this.#split) return jobs;
    const states = JSON.parse(readFileSync(this.#states, "utf8")).jobs;
    return jobs.map((job: JobRecord | null) =>
      typeof job === "object" && job !== null && states[job.id] !== undefined
        ? { ...job, state: states[job.id].state }
        : job,
    );
  }

  save(jobs: readonly JobRecord[]): void {
    this.#write(jobs.filter((job) => !this.#bad.includes(job)));
  }

  begun(): void {}

  ended(run: Run, status: "ok" | "interrupted"): void {
    const path = this.#log(run.job);
    if (existsSync(path) && !statSync(path).isFile()) return;
    const error = status === "ok" ? {} : { error: "cron: job interrupted by gateway restart" };
    const line = JSON.stringify({
      ts: Date.now(),
      jobId: run.job,
      action: "finished",
      status: status === "ok" ? "ok" : "error",
      ...error,
      runAtMs: run.startedAt,
      durationMs: Date.now() - run.startedAt,
    });
    const torn = existsSync(path) && !readFileSync(path, "utf8").endsWith("\n");
    writeFileSync(path, `${torn ? "\n" : ""}${line}\n`, { flag: "a" });
    this.#written = [...this.#written, line];
  }

  foreign(): void {
    writeFileSync(this.#log("main-session"), '{"foreign":true}\n', { flag: "a" });
  }

  lock(): () => void {
    return () => {};
  }

  entries(): readonly Entry[] {
    return ACTIVE.flatMap((job) =>
      this.#lines(job).flatMap((line): Entry[] => {
        const value = parsed(line);
        return value?.runAtMs === undefined ? [] : [{ job, runAt: value.runAtMs, text: value.error ?? "" }];
      }),
    );
  }

  untouched(): string {
    const jobs = JSON.parse(readFileSync(this.#jobs, "utf8")).jobs.map((job: JobRecord) =>
      typeof job === "object" && job?.state !== undefined && typeof job.state === "object" ? withoutRuns(job) : job,
    );
    const others = readdirSync(join(this.#folder, "runs")).filter(
      (name) => !ACTIVE.some((id) => name === `${id}.jsonl`),
    );
    const logs = others.map((name) => [name, readFileSync(join(this.#folder, "runs", name), "utf8")]);
    return JSON.stringify([jobs, logs, readdirSync(this.#folder).sort()]);
  }

  wrong(): string | undefined {
    const kept = ACTIVE.flatMap((job) => this.#lines(job)).filter((line) => this.#written.includes(line));
    const lost = this.#written.find((line) => !kept.includes(line));
    return lost === undefined ? undefined : `the gateway's own line is gone: ${lost}`;
  }

  #log(id: string): string {
    return join(this.#folder, "runs", `${id}.jsonl`);
  }

  #lines(id: string): readonly string[] {
    const path = this.#log(id);
    return existsSync(path) && statSync(path).isFile() ? readFileSync(path, "utf8").split("\n") : [];
  }

  #write(jobs: readonly JobRecord[]): void {
    const good = jobs.filter(
      (job) => typeof job === "object" && job !== null && "note" in job && job.id !== "../outside",
    );
    const all = this.#split ? good.map(({ state, ...rest }) => rest) : good;
    replaceFile(this.#jobs, { version: 1, jobs: [...all, ...this.#bad] });
    if (!this.#split) return;
    const states = good.map(({ id, state }) => [id, { updatedAtMs: 1, state }]);
    replaceFile(this.#states, { version: 1, jobs: Object.fromEntries(states) });
  }
}

function replaceFile(path: string, value: unknown): void {
  writeFileSync(`${path}.tmp`, JSON.stringify(value));
  renameSync(`${path}.tmp`, path);
}

function parsed(line: string): { readonly runAtMs?: number; readonly error?: string } | undefined {
  try {
    return JSON.parse(line) ?? undefined;
  } catch {
    return undefined;
  }
}
