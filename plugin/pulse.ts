import type { Millis } from "./core/time.ts";

/** Timers as the pulse needs them; tests hand in fake ones. */
export interface Timers {
  /** Calls back once after the delay, without keeping the process alive. Returns how to cancel it. */
  after(delay: Millis, callback: () => void): () => void;
}

/** Many hints, one pass at a time. A hint during a pass makes exactly one more pass. */
export class Pulse {
  readonly #pass: (hint: string) => Promise<Millis>;
  readonly #timers: Timers;
  #running: Promise<void> | undefined;
  #again: string | undefined;
  #cancel: (() => void) | undefined;
  #stopped = false;

  /** The pass answers how long to wait before the next one. It never throws. */
  constructor(pass: (hint: string) => Promise<Millis>, timers: Timers) {
    this.#pass = pass;
    this.#timers = timers;
  }

  beat(hint: string): void {
    if (this.#stopped) return;
    if (this.#running !== undefined) {
      this.#again = hint;
      return;
    }
    this.#cancel?.();
    this.#running = this.#run(hint);
  }

  /** No more passes; resolves when the one in hand has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    await this.#running;
  }

  async #run(hint: string): Promise<void> {
    let next = await this.#pass(hint);
    while (this.#again !== undefined && !this.#stopped) {
      const again = this.#again;
      this.#again = undefined;
      next = await this.#pass(again);
    }
    this.#running = undefined;
    if (!this.#stopped) this.#cancel = this.#timers.after(next, () => this.beat("timer"));
  }
}
