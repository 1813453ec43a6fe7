import { type Millis, millis } from "./core/time.ts";

/** Timers as the pulse needs them; tests hand in fake ones. */
export interface Timers {
  /** Calls back once after the delay, without keeping the process alive. Returns how to cancel it. */
  after(delay: Millis, callback: () => void): () => void;
}

/** Between two passes, however many hints come. */
const REST = millis(250);

/** Many hints, one pass at a time, and a rest after each. Hints during a pass or a rest make exactly one more pass. */
export class Pulse {
  readonly #pass: (hint: string) => Promise<Millis>;
  readonly #timers: Timers;
  #running: Promise<void> | undefined;
  #resting = false;
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
    if (this.#running !== undefined || this.#resting) {
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
    const next = await this.#pass(hint);
    this.#running = undefined;
    if (this.#stopped) return;
    this.#resting = true;
    this.#cancel = this.#timers.after(REST, () => this.#rested(next));
  }

  #rested(next: Millis): void {
    this.#resting = false;
    const again = this.#again;
    this.#again = undefined;
    if (again !== undefined) this.beat(again);
    else this.#cancel = this.#timers.after(millis(Math.max(0, next - REST)), () => this.beat("timer"));
  }
}
