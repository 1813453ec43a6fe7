import { isOurs } from "../../plugin/core/entry.ts";
import type { Memory } from "../../plugin/core/examine.ts";
import { instant } from "../../plugin/core/time.ts";
import { heal } from "../../plugin/heal.ts";
import type { Access } from "../../plugin/host/access.ts";
import { briefing } from "../../plugin/host/briefing.ts";
import { chooseHost } from "../../plugin/host/choose.ts";
import type { Host } from "../../plugin/host/port.ts";
import { ScheduleGap } from "../../plugin/host/schedule-gap.ts";
import { createLog } from "../../plugin/log.ts";
import { Recorder } from "../../plugin/record.ts";
import { policy } from "../core/given.ts";
import { type Kind, SmallGateway } from "./gateway.ts";
import { ACTIVE, type JobRecord, type Store } from "./job.ts";
import type { Releases } from "./scheduler.ts";

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

/** One gateway with our healer in it, and what must never happen there. */
export class Machine implements Releases {
  readonly gateway: SmallGateway;
  fault: string | undefined;
  releases = 0;
  /** Set once in each pass in which the healer begins to release. */
  isReleasing = false;
  readonly said: string[] = [];
  readonly #kind: Kind;
  readonly #stateDir: string;
  readonly #store: Store;
  #host: Host | undefined;
  #memory: Memory = new Map();
  #untouched = "";

  constructor(kind: Kind, stateDir: string, store: Store) {
    this.#kind = kind;
    this.#stateDir = stateDir;
    this.#store = store;
    this.gateway = new SmallGateway(kind, stateDir, store, this);
  }

  async build(): Promise<void> {
    this.gateway.clocks.take();
    this.gateway.create();
    this.#untouched = this.#store.untouched();
    await this.boot();
  }

  async boot(): Promise<void> {
    await this.gateway.boot();
    this.#memory = new Map();
    this.#host = undefined;
  }

  foreign(): void {
    this.#checkUntouched();
    try {
      this.#store.foreign();
    } catch {
      // Our own transaction holds the store: whoever comes then has to wait.
    }
    this.#untouched = this.#store.untouched();
  }

  lock(): () => void {
    return this.#store.lock();
  }

  async pass(): Promise<void> {
    const log = createLog({ ...quiet, error: (line) => this.said.push(line) }, "error");
    this.#host ??= await chooseHost(this.#access, this.#kind.generation !== "A");
    this.isReleasing = false;
    const pass = await heal({ host: this.#watched(this.#host), policy, recorder: new Recorder(log) }, this.#memory);
    this.#memory = pass.memory;
  }

  #watched(host: Host): Host {
    const release: Host["release"] = (claim, entry) => {
      this.isReleasing = true;
      return host.release(claim, entry);
    };
    return { description: host.description, snapshot: () => host.snapshot(), release };
  }

  /** Told by the scheduler, in the turn in which a mark is cleared for us. */
  releasing({ id }: JobRecord): void {
    this.releases += 1;
    const run = this.gateway.current(id);
    if (run === undefined) return;
    if (this.#kind.slow && run.stage !== "live") this.gateway.bury(run);
    else this.#violated(`released ${id}, whose run is ${run.stage}`);
  }

  /** What must hold at every moment. */
  check(): void {
    this.#checkUntouched();
    const wrong = this.#store.wrong(this.gateway.runs);
    if (wrong !== undefined) this.#violated(wrong);
    const entries = this.#store.entries();
    for (const run of this.gateway.runs) {
      const own = entries.filter(({ job, runAt }) => job === run.job && runAt === run.startedAt);
      const ours = own.filter(({ text }) => isOurs(text));
      if (ours.length > 1) this.#violated(`${ours.length} entries of ours for one run of ${run.job}`);
      if (ours.length > 0 && run.stage !== "dead") this.#violated(`an entry of ours for a run that is ${run.stage}`);
      const [first, second] = own;
      if (second !== undefined && isOurs(second.text) && first !== undefined)
        this.#violated("an entry of ours beside the gateway's");
    }
  }

  /** Marks of dead runs that we could free and have not. */
  get stuck(): readonly string[] {
    return ACTIVE.filter((id) => {
      const mark = this.gateway.markOf(id);
      return (
        mark !== undefined && !this.#store.unreadable.includes(id) && this.#releasesOf(id) < policy.budget.releases
      );
    });
  }

  #releasesOf(id: string): number {
    const own = this.#store.entries().filter(({ job }) => job === id);
    return own
      .slice(own.findLastIndex(({ text }) => text === "" || text === "null") + 1)
      .filter(({ text }) => isOurs(text)).length;
  }

  get #access(): Access {
    return {
      stateDir: this.#stateDir,
      clock: this.gateway.clocks.ofProcess,
      schedules: new ScheduleGap(),
      briefing,
      sessions: () => undefined,
      budgetSince: (at) => instant(at - policy.budget.within),
    };
  }

  #checkUntouched(): void {
    const now = this.#store.untouched();
    if (now !== this.#untouched) this.#violated(`changed what it may not: ${difference(this.#untouched, now)}`);
  }

  #violated(fault: string): void {
    this.fault ??= fault;
  }
}

function difference(before: string, after: string): string {
  const at = [...before].findIndex((character, index) => character !== after[index]);
  return `…${before.slice(Math.max(0, at - 60), at + 60)}… is now …${after.slice(Math.max(0, at - 60), at + 60)}…`;
}
