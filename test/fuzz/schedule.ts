import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { startTicksOf } from "../../plugin/host/process-identity.ts";
import { FileStore } from "./file-store.ts";
import { Crash, outside, through } from "./gates.ts";
import type { Kind } from "./gateway.ts";
import { ACTIVE, type Store } from "./job.ts";
import { Machine } from "./machine.ts";
import { ReceiptStore } from "./receipt-store.ts";
import { RunLogStore } from "./run-log-store.ts";

/** What happens, in order; and during a pass of ours, before which of its operations. */
export interface Schedule {
  readonly kind: Kind;
  readonly steps: readonly Step[];
}

export type Step = Move | "crash" | { readonly pass: readonly Interruption[] };
export type Move = "tick" | "foreign" | readonly ["advance" | "lose" | "half" | "clear" | "renew", number];

export interface Interruption {
  /** Counted from the begin of the pass, or of its first release. */
  readonly of: "pass" | "release";
  readonly before: number;
  readonly what: Move | "busy" | { readonly crash: number };
}

const move = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.constant("advance" as const), fc.nat(2)) },
  { weight: 2, arbitrary: fc.tuple(fc.constant("lose" as const), fc.nat(2)) },
  { weight: 3, arbitrary: fc.tuple(fc.constantFrom("half" as const, "clear" as const, "renew" as const), fc.nat(2)) },
  { weight: 3, arbitrary: fc.constant("tick" as const) },
  { weight: 1, arbitrary: fc.constant("foreign" as const) },
);
const interruption: fc.Arbitrary<Interruption> = fc.record({
  of: fc.constantFrom("pass", "release"),
  before: fc.nat(50),
  what: fc.oneof(
    { weight: 6, arbitrary: move },
    { weight: 1, arbitrary: fc.constant("busy" as const) },
    { weight: 1, arbitrary: fc.record({ crash: fc.constantFrom(0, 0.5, 1) }) },
  ),
});
const pass = fc.array(interruption, { maxLength: 3 }).map((during): Step => ({ pass: during }));
const ticks = (count: number): readonly Step[] => Array<Step>(count).fill("tick");

/** A run that is lost, and time for two looks at it: what a schedule of single steps would seldom come to. */
const orphan = fc
  .record({
    job: fc.nat(2),
    stages: fc.nat(2),
    fault: fc.constantFrom("lose" as const, "half" as const),
    wait: fc.constantFrom(9, 27),
    passes: fc.tuple(pass, pass, pass),
  })
  .map(({ job, stages, fault, wait, passes: [first, second, third] }): readonly Step[] => {
    const begun = Array<Step>(stages + 1).fill(["advance", job]);
    return [...begun, first, [fault, job], first, ...ticks(wait), second, ...ticks(9), third];
  });
const steps = fc
  .array(
    fc.oneof(
      { weight: 8, arbitrary: move.map((each): readonly Step[] => [each]) },
      { weight: 5, arbitrary: pass.map((each): readonly Step[] => [each]) },
      { weight: 3, arbitrary: orphan },
      { weight: 1, arbitrary: fc.constant<readonly Step[]>(["crash"]) },
    ),
    { maxLength: 14 },
  )
  .map((parts) => parts.flat());

export const schedules: fc.Arbitrary<Schedule> = fc.record({
  kind: fc.record({
    generation: fc.constantFrom("A" as const, "B" as const, "C" as const, "D" as const),
    off: fc.boolean(),
    plain: fc.boolean(),
    badRecords: fc.boolean(),
    slow: fc.boolean(),
  }),
  steps,
});

export interface Played {
  readonly fault: string | undefined;
  readonly passes: number;
  readonly releases: number;
  readonly crashes: number;
  /** Whatever came between two operations of ours. */
  readonly interruptions: number;
}

/** Plays one schedule on a store of its own, then lets all be quiet until every orphan must be free. */
export async function play({ kind, steps }: Schedule): Promise<Played> {
  const stateDir = await mkdtemp(join(tmpdir(), "cron-healer-fuzz-"));
  // The oldest generations keep no marks apart while they are off: nothing there is ours to heal.
  const possible = kind.generation === "A" || kind.generation === "C" ? { ...kind, off: false } : kind;
  const machine = new Machine(possible, stateDir, await storeOf(possible, stateDir));
  const player = new Player(machine);
  try {
    await machine.build();
    for (const step of steps) {
      await player.play(step);
      if (machine.fault !== undefined) break;
    }
    if (machine.fault === undefined) await player.rest();
    return { fault: machine.fault, ...player.counted };
  } finally {
    machine.gateway.end();
    await rm(stateDir, { recursive: true });
  }
}

async function storeOf({ generation }: Kind, stateDir: string): Promise<Store> {
  switch (generation) {
    case "A":
      return new FileStore(stateDir, false);
    case "B":
      return new FileStore(stateDir, true);
    case "C":
      return new RunLogStore(stateDir);
    case "D":
      return new ReceiptStore(stateDir, (await startTicksOf("self")) ?? 0);
  }
}

const QUIET_ROUNDS = 40;
/** Longer than our own wait for the store, so that it is seen to be busy; real milliseconds. */
const LOCKED = 15;

class Player {
  readonly #machine: Machine;
  /** Ends the lock of another connection, if there is one. */
  #free: () => void = () => {};
  #passes = 0;
  #crashes = 0;
  #interruptions = 0;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  get counted() {
    return {
      passes: this.#passes,
      crashes: this.#crashes,
      interruptions: this.#interruptions,
      releases: this.#machine.releases,
    };
  }

  async play(step: Step): Promise<void> {
    if (step === "crash") await this.#crash();
    else if (typeof step === "object" && "pass" in step) await this.#pass(step.pass);
    else this.#move(step);
  }

  /** Every run ends, nothing more goes wrong: whatever is dead is freed. */
  async rest(): Promise<void> {
    for (let round = 0; round < QUIET_ROUNDS; round += 1) {
      for (let ticks = 0; ticks < 4; ticks += 1) this.#machine.gateway.tick();
      for (const id of ACTIVE) this.#machine.gateway.settle(id);
      await this.#pass([]);
      if (this.#machine.stuck.length === 0 || this.#machine.fault !== undefined) return;
    }
    this.#machine.fault = `never freed: ${this.#machine.stuck.join(", ")}; ${this.#machine.said.slice(-3).join("; ")}`;
  }

  #move(move: Move): void {
    if (move === "tick") this.#machine.gateway.tick();
    else if (move === "foreign") this.#machine.foreign();
    else this.#machine.gateway[move[0]](ACTIVE[move[1]] ?? ACTIVE[0]);
  }

  async #pass(during: readonly Interruption[]): Promise<void> {
    this.#passes += 1;
    let operation = 0;
    let inRelease = Number.NaN;
    let crash: Crash | undefined;
    const gate = (_: string, turns: boolean): void => {
      if (crash !== undefined) throw crash;
      if (Number.isNaN(inRelease) && this.#machine.isReleasing) inRelease = operation;
      const now = { pass: operation, release: operation - inRelease };
      for (const { what } of during.filter(({ of, before }) => now[of] === before)) {
        this.#interruptions += 1;
        if (typeof what === "object" && "crash" in what) {
          crash = new Crash(what.crash);
          throw crash;
        }
        outside(() => this.#interrupt(what, turns));
      }
      operation += 1;
    };
    try {
      await through(gate, () => this.#machine.pass());
    } catch (error) {
      if (crash === undefined) throw error;
    }
    this.#free();
    if (crash !== undefined) await this.#crash();
    this.#machine.check();
  }

  /** Within one turn of ours nobody else of this process can act; another thread or process can. */
  #interrupt(what: Move | "busy", turns: boolean): void {
    if (what === "busy") {
      this.#free();
      this.#free = this.#machine.lock();
      setTimeout(this.#free, LOCKED);
    } else if (turns || what === "foreign") {
      this.#free();
      this.#move(what);
    }
  }

  async #crash(): Promise<void> {
    this.#crashes += 1;
    this.#machine.gateway.crash();
    await this.#machine.boot();
  }
}
