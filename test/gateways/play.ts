import { TAG } from "../../plugin/core/entry.ts";
import type { GatewayVersion } from "../gateway/harness/generation.ts";
import { history, listed, runNow } from "../gateway/harness/jobs.ts";
import { until } from "../gateway/harness/until.ts";
import { isHealed } from "./fate.ts";
import type { Fault } from "./fault.ts";
import { Lab } from "./lab.ts";
import { symptom } from "./look.ts";
import { REQUIRED } from "./required.ts";
import type { RowName } from "./rows.ts";
import type { Faults, Scene } from "./scene.ts";
import { type Cell, judged, type Seen } from "./verdict.ts";
import { finalLook, watch } from "./watch.ts";

/** Makes the scene's faults in two gateways at once and tells what became of each. */
export async function play(scene: Scene, version: GatewayVersion, rows: readonly RowName[]): Promise<readonly Cell[]> {
  const outcome = { alone: new Map<RowName, Seen>(), helped: new Map<RowName, Seen>() };
  let because = new Error("the scene did not get that far");
  try {
    const options = scene.home?.(version) ?? {};
    await using alone = await Lab.make(version, false, options);
    await using helped = await Lab.make(version, true, options);
    const made = [new Made(alone, rows), new Made(helped, rows)] as const;
    await Promise.all(made.map((each) => each.perform(scene)));
    outcome.helped = await made[1].seen();
    outcome.alone = await made[0].left();
  } catch (error) {
    because = error as Error;
  }
  const missing = failure(because);
  return rows.map((row) =>
    judged(row, version, REQUIRED[row][version], outcome.alone.get(row) ?? missing, outcome.helped.get(row) ?? missing),
  );
}

/** The faults of one gateway. */
class Made implements Faults {
  readonly #lab: Lab;
  readonly #rows: readonly RowName[];
  readonly #faults = new Map<RowName, Fault>();
  readonly #watched = new Map<RowName, Promise<Seen>>();
  readonly #failed = new Map<RowName, Seen>();

  constructor(lab: Lab, rows: readonly RowName[]) {
    this.#lab = lab;
    this.#rows = rows;
  }

  wants(row: RowName): boolean {
    return this.#rows.includes(row);
  }

  add(row: RowName, fault: Fault): void {
    if (!this.wants(row)) return;
    this.#faults.set(row, fault);
    if (this.#lab.helped) this.#watched.set(row, watch(this.#lab, fault).catch(failure));
  }

  async make(row: RowName, deed: () => Promise<Fault>): Promise<void> {
    if (!this.wants(row)) return;
    try {
      this.add(row, await deed());
    } catch (error) {
      this.#failed.set(row, failure(error));
    }
  }

  async settled(): Promise<void> {
    await Promise.all(this.#watched.values());
  }

  async perform(scene: Scene): Promise<void> {
    try {
      await scene.make(this.#lab, this);
    } catch (error) {
      for (const row of this.#rows) if (!this.#faults.has(row)) this.#failed.set(row, failure(error));
    }
  }

  /** With the plugin: what the watches saw, and that it stayed so, and that life goes on. */
  async seen(): Promise<Map<RowName, Seen>> {
    const seen = new Map(this.#failed);
    for (const [row, watched] of this.#watched) seen.set(row, await watched);
    await this.#letGo();
    for (const [row, fault] of this.#faults) {
      const before = seen.get(row);
      if (before?.kind !== "seen") continue;
      const after = await this.#afterwards(fault, before).catch((error: Error) => error.message);
      if (after !== undefined) seen.set(row, { kind: "failed", because: `${before.fate}, but ${after}` });
    }
    return seen;
  }

  /** Without the plugin: what is left when the other gateway has seen everything. */
  async left(): Promise<Map<RowName, Seen>> {
    const seen = new Map(this.#failed);
    for (const [row, fault] of this.#faults) seen.set(row, await this.#still(fault).catch(failure));
    return seen;
  }

  async #still(fault: Fault): Promise<Seen> {
    const fate = await finalLook(this.#lab, fault);
    return { kind: "seen", fate, seconds: undefined, proof: await symptom(this.#lab, fault) };
  }

  async #letGo(): Promise<void> {
    const { model, probe } = this.#lab;
    if (![...this.#faults.values()].some(({ ends }) => ends)) return;
    await until("nothing is held", async () => {
      model.release();
      return (await probe.release()) === 0;
    });
  }

  async #afterwards(fault: Fault, { fate }: Seen & { kind: "seen" }): Promise<string | undefined> {
    const { gateway, model, probe } = this.#lab;
    if (fault.is === "alive") {
      if (fault.ends !== true) return undefined;
      const own = async () => {
        model.release();
        await probe.release();
        return (await history(gateway, fault.job)).length > 0;
      };
      await until("the live run ends with its own entry", own, { timeout: 240_000, interval: 1000 });
      const entries = await history(gateway, fault.job);
      if (entries.length !== 1) return `the run that lived has ${entries.length} entries`;
      return entries.some(({ error }) => error?.startsWith(TAG)) ? "the run that lived was called lost" : undefined;
    }
    const now = await finalLook(this.#lab, fault);
    if (now !== fate) return `later it was ${now}`;
    if (!isHealed(fate)) return undefined;
    const answer = await runNow(gateway, fault.job);
    const { state } = await listed(gateway, fault.job);
    const runsAgain = answer.kind === "enqueued" || (state.runningAtMs ?? 0) > fault.mark;
    return runsAgain ? undefined : `the job does not run again: ${answer.reason}`;
  }
}

/** The first line says what failed; what follows in some are the gateway's last words. */
const failure = (error: unknown): Seen => ({ kind: "failed", because: (error as Error).message.split("\n")[0] ?? "" });
