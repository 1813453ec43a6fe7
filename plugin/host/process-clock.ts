import { uptime } from "node:os";
import { beat, type ClockReading, type ProcessClockState, startClock } from "../core/process-time.ts";
import { type Instant, instant, type ProcessTime, seconds } from "../core/time.ts";

const PERIOD = seconds(1);

/** Counts the time in which this process really ran, and tells when it did not. */
export class ProcessClock {
  #state: ProcessClockState;
  #timer: NodeJS.Timeout | undefined;
  readonly #onDisturbance: (because: string) => void;

  /** The first reading is the birth of the process, so that a clock that stepped before we looked is seen too. */
  constructor(onDisturbance: (because: string) => void) {
    this.#state = startClock({ wall: performance.timeOrigin, monotonic: 0, boot: undefined });
    this.#onDisturbance = onDisturbance;
  }

  start(): void {
    this.#state = this.#beat().state;
    this.#timer ??= setInterval(() => this.#tick(), PERIOD);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  get now(): ProcessTime {
    return this.#beat().state.now;
  }

  /** Up to this very moment: a run that starts right after a step looks older than this process. */
  get stepped(): boolean {
    return this.#beat().state.stepped;
  }

  get processStartedAt(): Instant {
    return instant(performance.timeOrigin);
  }

  #tick(): void {
    const { state, disturbance } = this.#beat();
    this.#state = state;
    if (disturbance !== undefined) this.#onDisturbance(disturbance);
  }

  #beat() {
    return beat(this.#state, reading(), PERIOD);
  }
}

/** `uptime` counts suspends where the system can; where it cannot, the wall clock gives a suspend away. */
const reading = (): ClockReading => ({ wall: Date.now(), monotonic: performance.now(), boot: uptime() * 1000 });
