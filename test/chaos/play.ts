import { setTimeout as sleep } from "node:timers/promises";
import type { LogMark } from "../gateway/harness/gateway.ts";
import { addJob, removeJob, runNow } from "../gateway/harness/jobs.ts";
import { until } from "../gateway/harness/until.ts";
import { runAgain } from "./again.ts";
import type { Diary, DiaryJob } from "./diary.ts";
import { lockStore, loseWrite } from "./faults.ts";
import { Notes } from "./notes.ts";
import type { Plan, PlannedJob, Step } from "./plan.ts";
import { Planting } from "./planting.ts";
import type { Scene } from "./scene.ts";
import { told } from "./told.ts";
import { Watch } from "./watch.ts";

/** A stop is waited for this long, then the process is killed, as service managers do. */
const STOP = 6000;
/** Several gateways that start at once on two cores take their time. */
const START = 240_000;

/** Plays one plan on a scene and writes the diary of it. */
export class Play {
  readonly #scene: Scene;
  readonly #plan: Plan;
  readonly #notes = new Notes();
  readonly #from = Date.now();
  #jobs: readonly DiaryJob[] = [];
  #watch!: Watch;
  #planting!: Planting;
  #lettingGo: NodeJS.Timeout | undefined;

  constructor(scene: Scene, plan: Plan) {
    this.#scene = scene;
    this.#plan = plan;
  }

  async play(): Promise<Diary> {
    const { gateway, scheduler } = this.#scene;
    const since = gateway.mark();
    if (!gateway.alive) await gateway.start({ scheduler, timeout: START });
    this.#notes.born(gateway.pid);
    try {
      await this.#addJobs();
      for (const step of this.#plan.steps) {
        await this.#step(step);
        if (!gateway.alive) await this.#comeBack();
      }
      await this.#settle();
      const orphaned = [...new Set(this.#notes.orphans.map(({ job }) => job))];
      const refused = await runAgain(orphaned, (job) => this.#run(job), this.#watch);
      const diary = await this.#diary(refused, since);
      for (const { id } of [...this.#jobs, { id: this.#planting.poke }]) await removeJob(gateway, id).catch(() => {});
      return diary;
    } finally {
      clearInterval(this.#lettingGo);
      this.#watch?.stop();
    }
  }

  async #addJobs(): Promise<void> {
    const { gateway } = this.#scene;
    const added: DiaryJob[] = [];
    for (const job of this.#plan.jobs) {
      added.push({ id: await addJob(gateway, specOf(job)), name: job.name, behaviour: job.behaviour });
    }
    this.#jobs = added;
    const poke = await addJob(gateway, { name: `chaos-${this.#plan.seed}-poke` });
    this.#watch = new Watch(this.#scene.home, added);
    this.#planting = new Planting(this.#scene, this.#watch, this.#notes, poke);
  }

  async #step(step: Step): Promise<void> {
    const { gateway, scheduler } = this.#scene;
    switch (step.kind) {
      case "run":
        await this.#run(this.#id(step.job));
        return;
      case "due":
        return this.#due(step.jobs.map((job) => this.#id(job)));
      case "wait":
        await sleep(step.seconds * 1000);
        return;
      case "pause":
        this.#notes.fault("pause", `${step.seconds} s`);
        gateway.pause();
        await sleep(step.seconds * 1000);
        gateway.resume();
        return;
      case "reload":
        if (step.what === "plugin" && this.#scene.arm === "without") return;
        this.#notes.fault("reload", step.what);
        await this.#scene.reload(step.what);
        await sleep(1000);
        return;
      case "lock":
        this.#notes.fault("store", `locked for ${step.seconds} s`);
        await lockStore(this.#scene.home, step.seconds * 1000);
        return;
      case "crash":
        await this.#end(step.by);
        for (const planted of step.plant) this.#planting.plant(this.#id(planted.job), planted, "planted while down");
        await gateway.start({ scheduler, timeout: START });
        this.#notes.fault("boot", `scheduler ${scheduler}`);
        this.#notes.born(gateway.pid);
        return;
      case "plant":
        for (const planted of step.marks) this.#planting.plant(this.#id(planted.job), planted, "planted");
        await this.#planting.makeRead();
        return;
      case "lose":
        this.#notes.triggers.push({ at: Date.now(), job: this.#id(step.job), by: "timer", answer: "due" });
        await loseWrite(this.#scene, this.#id(step.job), this.#jobs[step.job]?.name ?? "", this.#notes);
        return;
      case "let go":
        return this.#letGo(3000);
      case "watch":
        await until("every orphan is healed", () => this.#healed(), {
          timeout: step.seconds * 1000,
          interval: 500,
        }).catch(() => {});
        return;
    }
  }

  #id(job: number): string {
    const found = this.#jobs[job];
    if (found === undefined) throw new Error(`the plan has no job ${job}`);
    return found.id;
  }

  async #run(job: string): Promise<string> {
    const at = Date.now();
    const said = await runNow(this.#scene.gateway, job).then(
      (answer) => (answer.kind === "enqueued" ? "enqueued" : answer.reason),
      (error: Error) => error.message,
    );
    this.#notes.triggers.push({ at, job, by: "hand", answer: said });
    return said;
  }

  async #due(jobs: readonly string[]): Promise<void> {
    const nextRunAtMs = Date.now() + 1500;
    for (const id of jobs) {
      this.#notes.triggers.push({ at: nextRunAtMs, job: id, by: "timer", answer: "due" });
      const patch = { state: { nextRunAtMs } };
      await this.#scene.gateway.call("cron.update", { id, patch }).catch((error: Error) => {
        this.#notes.fault("note", `cron.update: ${error.message}`);
      });
    }
    await sleep(2000);
  }

  async #end(by: "kill" | "terminate"): Promise<void> {
    const { gateway } = this.#scene;
    // On a busy machine the runs take their time to begin.
    await until("a run is marked", () => this.#watch.marks().length > 0, { timeout: 10_000 }).catch(() => {});
    this.#notes.fault(by, `pid ${gateway.pid}`);
    if (by === "kill") await gateway.kill9();
    else {
      await gateway.sigterm({ timeout: STOP }).catch(async () => {
        this.#notes.fault("kill", `pid ${gateway.pid}, ${STOP} ms after SIGTERM`);
        await gateway.kill9();
      });
    }
    this.#dead(by === "kill" ? "killed" : "stopped");
  }

  /** A store that stays locked may make a gateway give up by itself. */
  async #comeBack(): Promise<void> {
    const { gateway, scheduler } = this.#scene;
    this.#notes.fault("note", "the gateway has ended by itself");
    await gateway.kill9();
    this.#dead("killed");
    await gateway.start({ scheduler, timeout: START });
    this.#notes.born(gateway.pid);
  }

  /** Whatever mark the store holds now is an orphan's: nobody lives. */
  #dead(how: "killed" | "stopped"): void {
    this.#notes.died(how);
    for (const { job, mark } of this.#watch.marks()) this.#notes.orphan(job, mark, how);
    this.#watch.entries();
    this.#planting.forget();
  }

  async #letGo(milliseconds: number): Promise<void> {
    this.#lettingGo ??= setInterval(() => this.#release(), 400);
    await sleep(milliseconds);
    clearInterval(this.#lettingGo);
    this.#lettingGo = undefined;
  }

  #release(): void {
    this.#scene.model.release();
    this.#scene.probe.release().catch(() => {});
  }

  /** No orphan's mark stands, and each has its entry. */
  #healed(): boolean {
    const marks = this.#watch.marks();
    const entries = this.#watch.entries();
    return this.#notes.orphans.every(
      ({ job, mark, at }) =>
        !marks.some((each) => each.job === job && each.mark === mark) &&
        entries.some((entry) => entry.job === job && entry.runAt >= mark - 250 && entry.runAt <= at),
    );
  }

  /** From here on every run that hangs is let go; then all must come to rest. */
  async #settle(): Promise<void> {
    this.#lettingGo = setInterval(() => this.#release(), 400);
    const timeout = this.#scene.arm === "with" ? 200_000 : 60_000;
    let poked = Date.now();
    const atRest = async (): Promise<boolean> => {
      if (!(await this.#planting.isRead()) && Date.now() - poked > 5000) {
        poked = Date.now();
        await this.#planting.makeRead();
      }
      return this.#healed() && this.#watch.marks().length === 0;
    };
    await until("all is at rest", atRest, { timeout, interval: 500 }).catch(() => {});
  }

  async #diary(refused: Diary["refused"], since: LogMark): Promise<Diary> {
    const seen = { seed: this.#plan.seed, from: this.#from, jobs: this.#jobs, refused };
    return { ...seen, ...this.#notes.all, ...this.#watch.all, ...(await told(this.#scene, this.#jobs, since)) };
  }
}

const specOf = ({ name, prompt, timeoutSeconds, delivers }: PlannedJob) => ({
  name,
  prompt,
  ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
  ...(delivers ? { deliver: { channel: "probechan", to: "hang" } } : {}),
});
