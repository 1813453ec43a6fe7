import { join } from "node:path";
import { tellGatewayStarted, tellReconciled } from "../../plugin/host/briefing.ts";
import { rememberLeftOver } from "../../plugin/host/generation-a/left-over.ts";
import { hearGatewayStart, watchScheduler, watchSpeaker } from "../../plugin/host/scheduler-watch.ts";
import { Clocks } from "./clocks.ts";
import { outside } from "./gates.ts";
import { ACTIVE, firstJobs, type JobRecord, type Run, type Store } from "./job.ts";
import { ReceiptStore } from "./receipt-store.ts";
import { Registries } from "./registries.ts";
import { newScheduler, type Releases, type SmallScheduler } from "./scheduler.ts";

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

const TICK = 5000;
/** Ticks in which no witness need see a run: less than every window. */
const LAG = 2;

/** A small gateway with its store on disk, and what happens to its runs. */
export class SmallGateway {
  readonly runs: Run[] = [];
  readonly clocks = new Clocks();
  readonly #kind: Kind;
  readonly #stateDir: string;
  readonly #store: Store;
  readonly #releases: Releases;
  readonly #registries = new Registries();
  #scheduler: SmallScheduler | undefined;

  constructor(kind: Kind, stateDir: string, store: Store, releases: Releases) {
    this.#kind = kind;
    this.#stateDir = stateDir;
    this.#store = store;
    this.#releases = releases;
  }

  create(): void {
    outside(() => this.#store.create(firstJobs(), this.#kind.badRecords));
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
      releases: this.#releases,
      recover: (jobs) => outside(() => this.#recover(jobs)),
    });
    const { getJob, update, enqueueRun, start, stop } = scheduler;
    const handle = plain
      ? { getJob: getJob.bind(scheduler), update: update.bind(scheduler), enqueueRun, start, stop }
      : scheduler;
    const shown = generation === "A" || generation === "D" ? scheduler : handle;
    this.#registries.begin(shown, storePath);
    this.#scheduler = scheduler;
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
  }

  /** The process dies with all its runs; whatever is on disk stays. */
  crash(): void {
    for (const run of this.runs) if (run.stage !== "over") run.stage = "dead";
    if (this.#store instanceof ReceiptStore) this.#store.disown();
  }

  /** The next thing that happens to the run of this job, or its first. */
  advance(id: string): void {
    const run = this.current(id);
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
    const run = this.current(id);
    if (run === undefined) return;
    this.#registries.sessions.delete(`agent:main:cron:${id}:run:${run.number}`);
    this.#to(run, "dead");
  }

  /** The operator, or the gateway's own rule, clears the mark of a run that is no more. */
  clear(id: string): void {
    const job = this.#scheduler?.getJob(id);
    if (job?.state.runningAtMs === undefined || this.#scheduler?.isLocked || this.current(id) !== undefined) return;
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
    const run = this.current(id);
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
    if (this.current(id) !== undefined) this.advance(id);
  }

  markOf(id: string): unknown {
    return this.#scheduler?.getJob(id)?.state.runningAtMs;
  }

  /** The run of this job that lives, in whatever stage. */
  current(id: string): Run | undefined {
    return this.runs.findLast(({ job, stage }) => job === id && stage !== "over" && stage !== "dead");
  }

  /** It is no more, whatever the gateway believes. */
  bury(run: Run): void {
    this.#to(run, "dead");
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
}
