import type { Diary, Entry, Execution } from "./diary.ts";

/** A diary in which all is well, to plant sins in: one run ended ok, one died with its gateway and was told once. */
export const BORN = 1_790_000_000_000;
export const KILLED = BORN + 30_000;
export const BOOTED = BORN + 35_000;
export const END = BORN + 90_000;
export const WELL = "11111111-1111-4111-8111-111111111111";
export const LOST = "22222222-2222-4222-8222-222222222222";
const WELL_AT = BORN + 2000;
export const LOST_AT = BORN + 5000;

export const run = (job: string, from: number, to: number | undefined, end: Execution["end"]): Execution => ({
  request: from - BORN,
  job,
  from,
  to,
  end,
});

export const entry = (job: string, runAt: number, at: number, status = "ok", text = ""): Entry => ({
  job,
  runAt,
  at,
  status,
  text,
});

const OURS = "[synthesized by openclaw-cron-healer] run lost: its owner's pid is gone; witnesses: session=absent";
export const ours = (job: string, runAt: number, at: number): Entry => entry(job, runAt, at, "error", OURS);

/** A line of the plugin about a run. */
export const line = (sentence: string, job: string, mark: number, at: number, session = "absent") => ({
  at,
  text:
    `${sentence} job=${job} name=x mark=${new Date(mark).toISOString()} age=3s ` +
    `verdict=${/^(released|wrote)/.test(sentence) ? "orphan" : "live"} why="w" witnesses="session=${session} lane=live(x)"`,
});

export const told = entry(WELL, WELL_AT, WELL_AT + 900);
export const lost = ours(LOST, LOST_AT, BOOTED + 900);

export const honest: Diary = {
  seed: 1,
  version: "2026.9.6",
  arm: "with",
  scheduler: "off",
  from: BORN,
  to: END,
  jobs: [
    { id: WELL, name: "well", behaviour: "answer" },
    { id: LOST, name: "lost", behaviour: "hang" },
  ],
  lives: [
    { pid: 100, from: BORN, to: KILLED, end: "killed" },
    { pid: 200, from: BOOTED, to: Number.MAX_SAFE_INTEGER, end: "lives on" },
  ],
  faults: [{ at: KILLED, kind: "kill", detail: "pid 100" }],
  triggers: [
    { at: WELL_AT - 10, job: WELL, by: "hand", answer: "enqueued" },
    { at: LOST_AT - 10, job: LOST, by: "hand", answer: "enqueued" },
  ],
  marks: [{ job: LOST, mark: LOST_AT, first: LOST_AT + 200, last: BOOTED + 800 }],
  orphans: [{ job: LOST, mark: LOST_AT, at: KILLED, how: "killed" }],
  executions: [run(WELL, WELL_AT + 400, WELL_AT + 500, "answered"), run(LOST, LOST_AT + 400, KILLED, "cut")],
  entriesSeen: [told],
  entriesAtEnd: [told, lost],
  shown: { [WELL]: 1, [LOST]: 1 },
  marksAtEnd: [],
  refused: [],
  said: [line("running", LOST, LOST_AT, LOST_AT + 300), line("released", LOST, LOST_AT, BOOTED + 900)],
};
