import { jobs as listJobs, runNow } from "../gateway/harness/jobs.ts";
import { plantMark, plantReceipt, storedState } from "../gateway/harness/store.ts";
import { until } from "../gateway/harness/until.ts";
import type { Notes } from "./notes.ts";
import type { Planted } from "./plan.ts";
import type { Scene } from "./scene.ts";
import type { Watch } from "./watch.ts";

/** A pid that the kernel gives to nobody, and a start before all processes. */
const NOBODY = { pid: 4_194_305, startTime: 1 } as const;

/** Puts marks into the store behind the gateway's back. */
export class Planting {
  /** A job whose runs make the scheduler read its store. */
  readonly poke: string;
  readonly #scene: Scene;
  readonly #watch: Watch;
  readonly #notes: Notes;
  /** Marks planted under a living gateway that it may not have read yet. */
  #unread: { readonly job: string; readonly mark: number }[] = [];

  constructor(scene: Scene, watch: Watch, notes: Notes, poke: string) {
    this.#scene = scene;
    this.#watch = watch;
    this.#notes = notes;
    this.poke = poke;
  }

  /** Only on a job that rests: behind the mark of a run of its own the truth would be lost. */
  plant(id: string, { age, receipt }: Planted, how: "planted" | "planted while down"): void {
    const { home } = this.#scene;
    const mark = Date.now() - age * 1000;
    if (storedState(home, id).runningAtMs !== undefined || this.#watch.entries().some((entry) => entry.job === id))
      return;
    const withReceipt = receipt && this.#scene.version.match(/^2026\.[89]\./) !== null;
    const runningReceiptId = withReceipt ? plantReceipt(home, id, { ...NOBODY, startedAtMs: mark }) : undefined;
    plantMark(home, id, { runningAtMs: mark, ...(runningReceiptId === undefined ? {} : { runningReceiptId }) });
    this.#notes.fault("plant", `${id} ${mark}${withReceipt ? " with a receipt" : ""}`);
    if (how === "planted" && home.generation.store !== "sqlite") this.#unread.push({ job: id, mark });
    else this.#notes.orphan(id, mark, how);
  }

  /** A scheduler that keeps its store in memory reads it again when a run begins or ends. */
  async makeRead(): Promise<void> {
    const { gateway, scheduler } = this.#scene;
    if (this.#unread.length === 0) return;
    const patch = { state: { nextRunAtMs: Date.now() } };
    const poked =
      scheduler === "on" ? gateway.call("cron.update", { id: this.poke, patch }) : runNow(gateway, this.poke);
    await poked.catch((error: Error) => this.#notes.fault("note", error.message));
    await until("the planted marks are read", () => this.isRead(), { timeout: 10_000, interval: 200 }).catch(() => {});
  }

  /** An orphan is born when the gateway itself shows its mark; a mark that the gateway wrote over never was one. */
  async isRead(): Promise<boolean> {
    if (this.#unread.length === 0) return true;
    const listed = await listJobs(this.#scene.gateway);
    const inStore = this.#watch.marks();
    this.#unread = this.#unread.filter(({ job, mark }) => {
      const shown = listed.find(({ id }) => id === job)?.state.runningAtMs === mark;
      if (shown) this.#notes.orphan(job, mark, "planted");
      else if (!inStore.some((each) => each.job === job && each.mark === mark))
        this.#notes.fault("note", `the gateway wrote over the mark of ${job}`);
      else return true;
      return false;
    });
    return this.#unread.length === 0;
  }

  /** The gateway that had not read them is dead. */
  forget(): void {
    this.#unread = [];
  }
}
