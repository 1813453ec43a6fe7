/** A job as the small gateways keep it in memory. */
export interface JobRecord {
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly sessionTarget: string;
  readonly payload: unknown;
  readonly schedule: unknown;
  readonly note: string;
  state: JobState;
}

export type JobState = Record<string, unknown>;

/** A run that really takes place, and what became of it. */
export interface Run {
  readonly job: string;
  readonly number: number;
  readonly startedAt: number;
  /** `starting` and `ending`: no session shows it. `over`: its result is written. `dead`: it never will be. */
  stage: "starting" | "live" | "ending" | "over" | "dead";
  /** Ticks since it entered its stage. */
  age: number;
}

/** One line of the history about one run. */
export interface Entry {
  readonly job: string;
  readonly runAt: unknown;
  readonly text: string;
}

/** What a generation keeps on disk. The gateway's own writes, in one turn each. */
export interface Store {
  create(jobs: readonly JobRecord[], withBadRecords: boolean): void;
  load(): JobRecord[];
  /** Writes down the state of this job. */
  save(jobs: readonly JobRecord[], job: JobRecord): void;
  begun(run: Run): void;
  ended(run: Run, status: "ok" | "interrupted"): void;
  /** Something of another job is written, by whoever shares the store. Answers whether it could be. */
  foreign(): void;
  /** A second connection holds the store for writing until it is told to stop. */
  lock(): () => void;
  /** In the order in which they were written. */
  entries(): readonly Entry[];
  /** Everything on disk that no release may change, as text. */
  untouched(): string;
  /** What a release of these runs must have left behind, in words; undefined if all is well. */
  wrong(runs: readonly Run[]): string | undefined;
  /** Jobs whose history cannot be read: they stay in doubt. */
  readonly unreadable: readonly string[];
}

export const ACTIVE = ["job-0", "job-1", "job-2"] as const;

const record = (id: string, more: Partial<JobRecord> = {}): JobRecord => ({
  id,
  name: `name of ${id}`,
  enabled: true,
  sessionTarget: "isolated",
  payload: { kind: "agentTurn", message: "hello", timeoutSeconds: 60 },
  schedule: { kind: "every", everyMs: 60_000 },
  note: "kept as it is",
  state: { nextRunAtMs: 4_000_000_000_000, consecutiveErrors: 2 },
  ...more,
});

/** Three jobs of ours, and two with a mark that are none of our business. */
export const firstJobs = (): JobRecord[] => [
  ...ACTIVE.map((id) => record(id)),
  record("main-session", { sessionTarget: "main", state: { runningAtMs: 1_000_000 } }),
  record("switched-off", { enabled: false, state: { runningAtMs: 1_000_000 } }),
];

/** The mark, and what the last run came to. */
const OF_RUNS = /^(running|last)[A-Z]/;

/** The state without what runs and releases change. */
export const withoutRuns = ({ state, ...rest }: JobRecord): unknown => {
  const kept = Object.fromEntries(Object.entries(state).filter(([key]) => !OF_RUNS.test(key)));
  return ACTIVE.some((id) => id === rest.id) ? { ...rest, state: kept } : { ...rest, state };
};
