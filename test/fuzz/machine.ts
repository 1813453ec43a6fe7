import { join } from "node:path";
import { isOurs } from "../../plugin/core/entry.ts";
import type { Memory } from "../../plugin/core/examine.ts";
import { instant } from "../../plugin/core/time.ts";
import { heal } from "../../plugin/heal.ts";
import type { Access } from "../../plugin/host/access.ts";
import { briefing, tellGatewayStarted, tellReconciled } from "../../plugin/host/briefing.ts";
import { chooseHost } from "../../plugin/host/choose.ts";
import { rememberLeftOver } from "../../plugin/host/generation-a/left-over.ts";
import type { Host } from "../../plugin/host/port.ts";
import { ScheduleGap } from "../../plugin/host/schedule-gap.ts";
import { hearGatewayStart, watchScheduler, watchSpeaker } from "../../plugin/host/scheduler-watch.ts";
import { createLog } from "../../plugin/log.ts";
import { Recorder } from "../../plugin/record.ts";
import { policy } from "../core/given.ts";
import { Clocks } from "./clocks.ts";
import { outside } from "./gates.ts";
import { ACTIVE, firstJobs, type JobRecord, type Run, type Store } from "./job.ts";
import { ReceiptStore } from "./receipt-store.ts";
import { Registries } from "./registries.ts";
import { newScheduler, type SmallScheduler } from "./scheduler.ts";

/** Which gateway a schedule is about. */
export interface Kind {
  readonly generation: "A" | "B" | "C" | "D";
  /** Its scheduler is switched off: marks survive a start. */
  readonly off: boolean;
  /** It hides its state, or offers no fenced update. */
  readonly plain: boolean;
  readonly badRecords: boolean;
  /** Slower than any lag it promised: then at least no run is released that a session shows. */
  readonly slow: boolean;
}

export const TICK = 5000;
/** Ticks in which no witness need see a run: less than every window. */
const LAG = 2;

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

/** One gateway with its store on disk, and our healer in it. */
export class Machine {
  readonly runs: Run[] = [];
  readonly clocks = new Clocks();
  fault: string | undefined;
  releases = 0;
  /** Set once in each pass in which the healer begins to release. */
  isReleasing = false;
  readonly #kind: Kind;
  readonly #stateDir: string;
  readonly #store: Store;
  readonly #registries = new Registries();
  #scheduler: SmallScheduler | undefined;
  #host: Host | undefined;
  #memory: Memory = new Map();
  #untouched = "";
  #said: string[] = [];

  constructor(kind: Kind, stateDir: string, store: Store) {
    this.#kind = kind;
    this.#stateDir = stateDir;
    this.#store = store;
  }

  async build(): Promise<void> {
    outside(() => this.#store.create(firstJobs(), this.#kind.badRecords));
    this.#untouched = this.#store.untouched();
    await this.boot();
  }

  end(): void {
    this.#registries.end();
    this.clocks.giveBack();
  }

  /** A gateway start, and that of the plugin in it. */
  async boot(): Promise<void> {
    const { generation, off, plain } = this.#kind;
    this.clocks.bear();
    const storePath = join(this.#stateDir, "cron", "jobs.json");
    const scheduler = newScheduler({
      storePath,
      enabled: !off,
      store: this.#store,
      releases: this,
      recover: (jobs) => outside(() => this.#recover(jobs)),
    });
    const { getJob, update, enqueueRun, start, stop } = scheduler;
    const handle = plain
      ? { getJob: getJob.bind(scheduler), update: update.bind(scheduler), enqueueRun, start, stop }
      : scheduler;
    const shown = generation === "A" || generation === "D" ? scheduler : handle;
    this.#registries.begin(shown, storePath);
    this.#scheduler = scheduler;
    this.#memory = new Map();
    if (generation === "A") {
      watchScheduler(scheduler);
      await rememberLeftOver(scheduler as never);
    } else {
      tellGatewayStarted({ getCron: () => shown });
      hearGatewayStart();
    }
    await scheduler.start();
    if (generation === "B" && !plain) watchSpeaker(scheduler);
    if (generation === "D") tellReconciled({ enabled: !off });
    this.#host = undefined;
  }

  /** The process dies with all its runs; whatever is on disk stays. */
  crash(): void {
    for (const run of this.runs) if (run.stage !== "over") run.stage = "dead";
    if (this.#store instanceof ReceiptStore) this.#store.disown();
  }

  /** The next thing that happens to the run of this job, or its first. */
  advance(id: string): void {
    const run = this.#current(id);
    const job = this.#scheduler?.getJob(id);
    if (job === undefined || this.#scheduler === undefined) return;
    if (run === undefined) {
      if (this.#scheduler.isLocked || job.state.runningAtMs !== undefined) return;
      this.clocks.pass(1000);
      this.#begin(job);
    } else if (run.stage === "starting") {
      this.#registries.sessions.set(`agent:main:cron:${id}:run:${run.number}`, "session");
      this.#to(run, "live");
    } else if (run.stage === "live") {
      this.#registries.sessions.delete(`agent:main:cron:${id}:run:${run.number}`);
      this.#to(run, "ending");
    } else if (!this.#scheduler.isLocked) this.#finish(run, job);
  }

  /** The gateway's own fault: the run is gone, its mark stays. */
  lose(id: string): void {
    const run = this.#current(id);
    if (run === undefined) return;
    this.#registries.sessions.delete(`agent:main:cron:${id}:run:${run.number}`);
    this.#to(run, "dead");
  }

  /** The operator, or the gateway's own rule, clears the mark of a run that is no more. */
  clear(id: string): void {
    const job = this.#scheduler?.getJob(id);
    if (job?.state.runningAtMs === undefined || this.#scheduler?.isLocked || this.#current(id) !== undefined) return;
    delete job.state.runningAtMs;
    this.#store.save(this.#jobs, job);
  }

  /** The same, and the job begins again at once. */
  renew(id: string): void {
    this.clear(id);
    this.advance(id);
  }

  /** The gateway's own fault: the result is written, and the mark stays. */
  half(id: string): void {
    const run = this.#current(id);
    if (run?.stage !== "ending") return;
    this.#to(run, "over");
    this.#store.ended(run, "ok");
  }

  tick(): void {
    for (const run of this.runs) {
      run.age += 1;
      if (this.#kind.slow) continue;
      if ((run.stage === "starting" || run.stage === "ending") && run.age >= LAG) this.advance(run.job);
      // Only a lock that is held can keep the gateway from its promise; then time stands still.
      if ((run.stage === "starting" || run.stage === "ending") && run.age >= LAG) return;
    }
    this.clocks.pass(TICK);
  }

  /** In the end every run that lives comes to its own end. */
  settle(id: string): void {
    if (this.#current(id) !== undefined) this.advance(id);
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
    const log = createLog({ ...quiet, error: (line) => this.#said.push(line) }, "error");
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
    const run = this.#current(id);
    if (run === undefined) return;
    if (this.#kind.slow && run.stage !== "live") this.#to(run, "dead");
    else this.#violated(`released ${id}, whose run is ${run.stage}`);
  }

  /** What must hold at every moment. */
  check(): void {
    this.#checkUntouched();
    const wrong = this.#store.wrong(this.runs);
    if (wrong !== undefined) this.#violated(wrong);
    const entries = this.#store.entries();
    for (const run of this.runs) {
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
      const mark = this.#scheduler?.getJob(id)?.state.runningAtMs;
      return (
        mark !== undefined && !this.#store.unreadable.includes(id) && this.#releasesOf(id) < policy.budget.releases
      );
    });
  }

  get said(): readonly string[] {
    return this.#said;
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
      clock: this.clocks.ofProcess,
      schedules: new ScheduleGap(),
      briefing,
      budgetSince: (at) => instant(at - policy.budget.within),
    };
  }

  #current(id: string): Run | undefined {
    return this.runs.findLast(({ job, stage }) => job === id && stage !== "over" && stage !== "dead");
  }

  #begin(job: JobRecord): void {
    const number = this.runs.length;
    const run: Run = { job: job.id, number, startedAt: Date.now(), stage: "starting", age: 0 };
    this.runs.push(run);
    job.state.runningAtMs = run.startedAt;
    this.#store.begun(run);
    this.#store.save(this.#jobs, job);
  }

  #finish(run: Run, job: JobRecord): void {
    this.#to(run, "over");
    this.#store.ended(run, "ok");
    if (job.state.runningAtMs !== run.startedAt) return;
    delete job.state.runningAtMs;
    job.state.lastRunAtMs = run.startedAt;
    this.#store.save(this.#jobs, job);
  }

  /** The oldest generation wipes what it finds; the others write down that it was interrupted. */
  #recover(jobs: JobRecord[]): void {
    for (const job of jobs.filter((each) => ACTIVE.some((id) => id === each?.id))) {
      const run = this.runs.findLast((each) => each.job === job.id && each.startedAt === job.state.runningAtMs);
      if (run === undefined) continue;
      if (this.#kind.generation !== "A") this.#store.ended(run, "interrupted");
      delete job.state.runningAtMs;
      this.#store.save(jobs, job);
    }
  }

  #to(run: Run, stage: Run["stage"]): void {
    run.stage = stage;
    run.age = 0;
  }

  get #jobs(): readonly JobRecord[] {
    return this.#scheduler?.state.store?.jobs ?? [];
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
