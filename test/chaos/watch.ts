import type { Home } from "../gateway/harness/home.ts";
import { storedHistory, storedState } from "../gateway/harness/store.ts";
import type { Diary, DiaryJob, Entry, SeenMark } from "./diary.ts";

const LOOK = 400;
/** History is read at every so many looks only: it is many small files, or tables. */
const HISTORY = 5;

/** Looks at the store from outside, all the time, and notes what it ever held. */
export class Watch {
  readonly #home: Home;
  readonly #jobs: readonly DiaryJob[];
  readonly #marks = new Map<string, { -readonly [Key in keyof SeenMark]: SeenMark[Key] }>();
  readonly #entries = new Map<string, Entry>();
  readonly #timer: NodeJS.Timeout;
  #looks = 0;

  constructor(home: Home, jobs: readonly DiaryJob[]) {
    this.#home = home;
    this.#jobs = jobs;
    this.#timer = setInterval(() => this.#look(), LOOK);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** What was seen, and what is there now. */
  get all(): Pick<Diary, "marks" | "marksAtEnd" | "entriesSeen" | "entriesAtEnd"> {
    const [marksAtEnd, entriesAtEnd] = [this.marks(), this.entries()];
    return { marks: [...this.#marks.values()], marksAtEnd, entriesSeen: [...this.#entries.values()], entriesAtEnd };
  }

  /** The marks of this moment. Throws while the store cannot be read. */
  marks(): readonly { readonly job: string; readonly mark: number }[] {
    const now = Date.now();
    return this.#jobs.flatMap(({ id }) => {
      const { runningAtMs } = storedState(this.#home, id);
      if (typeof runningAtMs !== "number") return [];
      const seen = this.#marks.get(`${id} ${runningAtMs}`);
      if (seen === undefined)
        this.#marks.set(`${id} ${runningAtMs}`, { job: id, mark: runningAtMs, first: now, last: now });
      else seen.last = now;
      return [{ job: id, mark: runningAtMs }];
    });
  }

  /** The history of this moment. Throws while the store cannot be read. */
  entries(): readonly Entry[] {
    const entries = this.#jobs.flatMap(({ id }) => storedHistory(this.#home, id).map((each) => entryOf(id, each)));
    for (const entry of entries) this.#entries.set(JSON.stringify(entry), entry);
    return entries;
  }

  #look(): void {
    try {
      this.marks();
      this.#looks += 1;
      if (this.#looks % HISTORY === 0) this.entries();
    } catch {
      // Torn, locked, or between two files: the next look will see.
    }
  }
}

/** Newer gateways keep a duration, older ones the end. */
const entryOf = (job: string, entry: ReturnType<typeof storedHistory>[number]): Entry => {
  const runAt = entry.runAtMs ?? entry.ts;
  return {
    job,
    runAt,
    at: entry.ts ?? runAt + (entry.durationMs ?? 0),
    status: entry.status,
    text: (entry.error ?? entry.summary ?? "").slice(0, 500),
  };
};
