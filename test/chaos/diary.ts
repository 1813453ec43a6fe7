/** What the driver itself saw in one cycle. Nothing in it is concluded; the checker does that, and knows nothing else. */
export interface Diary {
  readonly seed: number;
  readonly version: string;
  readonly arm: Arm;
  readonly scheduler: "on" | "off";
  readonly from: number;
  readonly to: number;
  readonly jobs: readonly DiaryJob[];
  readonly lives: readonly Life[];
  readonly faults: readonly Fault[];
  readonly triggers: readonly Trigger[];
  /** Every mark that the store was seen to hold, with the moments of the first and the last sight. */
  readonly marks: readonly SeenMark[];
  readonly orphans: readonly Orphan[];
  /** The model's own log: what really ran. */
  readonly executions: readonly Execution[];
  /** Every entry that the store's history was seen to hold, at any time. */
  readonly entriesSeen: readonly Entry[];
  readonly entriesAtEnd: readonly Entry[];
  /** How many entries `cron runs` shows of each job at the end. */
  readonly shown: Readonly<Record<string, number>>;
  readonly marksAtEnd: readonly { readonly job: string; readonly mark: number }[];
  /** Jobs that had an orphan and would not run when they were asked to, after all was over. */
  readonly refused: readonly { readonly job: string; readonly reason: string }[];
  /** What the plugin wrote into the gateway's log. */
  readonly said: readonly { readonly at: number; readonly text: string }[];
}

export type Arm = "with" | "without";

export interface DiaryJob {
  readonly id: string;
  readonly name: string;
  readonly behaviour: string;
}

/** One process of the gateway. */
export interface Life {
  readonly pid: number;
  readonly from: number;
  readonly to: number;
  readonly end: "killed" | "stopped" | "lives on";
}

export interface Fault {
  readonly at: number;
  readonly kind: "kill" | "terminate" | "boot" | "pause" | "reload" | "store" | "plant" | "note";
  readonly detail: string;
}

export interface Trigger {
  readonly at: number;
  readonly job: string;
  readonly by: "hand" | "timer";
  readonly answer: string;
}

export interface SeenMark {
  readonly job: string;
  readonly mark: number;
  readonly first: number;
  readonly last: number;
}

/** A mark behind which nothing lives since that moment: its process is dead, or the driver has made it up, or its run is over. */
export interface Orphan {
  readonly job: string;
  readonly mark: number;
  readonly at: number;
  readonly how: "killed" | "stopped" | "planted" | "planted while down" | "lost write";
}

export interface Execution {
  readonly request: number;
  readonly job: string;
  readonly from: number;
  readonly to: number | undefined;
  readonly end: "answered" | "failed" | "cut" | undefined;
}

export interface Entry {
  readonly job: string;
  readonly runAt: number;
  readonly at: number;
  readonly status: string;
  readonly text: string;
}
