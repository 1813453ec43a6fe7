import { outside, step } from "./gates.ts";
import type { JobRecord, Store } from "./job.ts";

/** What the small gateway tells its world: a release is about to be done. */
export interface Releases {
  releasing(job: JobRecord): void;
}

export interface SmallScheduler {
  readonly state: {
    store: { readonly jobs: JobRecord[] } | null;
    timer: object | null;
    running: boolean;
    stopped: boolean;
    readonly deps: {
      readonly storePath: string;
      readonly cronEnabled: boolean;
      runIsolatedAgentJob: () => Promise<object>;
    };
  };
  readonly isLocked: boolean;
  start(): Promise<void>;
  getJob(id: string): JobRecord | undefined;
  update(id: string, patch: Patch): Promise<unknown>;
  stop(): void;
  enqueueRun(): void;
}

interface Patch {
  readonly state: Readonly<Record<string, unknown>>;
}

interface Wanted {
  readonly storePath: string;
  readonly enabled: boolean;
  readonly store: Store;
  readonly releases: Releases;
  /** What the gateway does at its start with the marks that it finds. */
  recover(jobs: JobRecord[]): void;
}

/** A scheduler as the gateways have it: one lock, memory first, then the store. A class of its own for each process. */
export function newScheduler({ storePath, enabled, store, releases, recover }: Wanted): SmallScheduler {
  class Scheduler implements SmallScheduler {
    readonly state: SmallScheduler["state"] = {
      store: null,
      timer: null,
      running: false,
      stopped: false,
      deps: { storePath, cronEnabled: enabled, runIsolatedAgentJob: async () => ({}) },
    };
    #waiting = 0;
    #last: Promise<unknown> = Promise.resolve();

    get isLocked(): boolean {
      return this.#waiting > 0;
    }

    async start(): Promise<void> {
      const jobs = outside(() => store.load());
      this.state.store = { jobs };
      if (enabled) recover(jobs);
      this.state.timer = {};
    }

    stop(): void {
      this.state.stopped = true;
    }

    enqueueRun(): void {}

    getJob(id: string): JobRecord | undefined {
      return this.state.store?.jobs.find((job) => job?.id === id);
    }

    update(id: string, patch: Patch): Promise<unknown> {
      return this.#locked(id, async (job) => await this.#change(job, patch.state));
    }

    updateWithPrecondition(id: string, patch: Patch, holds: (job: unknown, now: number) => Promise<void>) {
      return this.#locked(id, async (job) => {
        await holds(structuredClone(job), Date.now());
        await this.#change(job, patch.state);
      });
    }

    async #change(job: JobRecord, state: Patch["state"]): Promise<void> {
      releases.releasing(job);
      for (const [key, value] of Object.entries(state)) {
        if (value === undefined) delete job.state[key];
        else job.state[key] = value;
      }
      await step("scheduler saves");
      outside(() => store.save(this.state.store?.jobs ?? [], job));
    }

    async #locked(id: string, deed: (job: JobRecord) => Promise<void>): Promise<void> {
      this.#waiting += 1;
      const turn = this.#last.then(async () => {
        await step("scheduler locked");
        const job = this.getJob(id);
        if (job === undefined) throw new Error(`unknown cron job id: ${id}`);
        await deed(job);
        await step("scheduler unlocks");
      });
      this.#last = turn.catch(() => {});
      try {
        await turn;
      } finally {
        this.#waiting -= 1;
      }
    }
  }
  return new Scheduler();
}
