import { type Instant, instant, type ProcessTime, processTime } from "../../plugin/core/time.ts";
import type { ProcessClock } from "../../plugin/host/process-clock.ts";

const BEGIN = Date.UTC(2026, 10, 20, 12);
const performanceNow = performance.now.bind(performance);
const dateNow = Date.now;

/** The clocks of one schedule: they stand still until the schedule moves them. */
export class Clocks {
  #wall = BEGIN;
  #born = BEGIN;
  #ran = 0;

  /** Everything in this process that asks for the time is told this one. */
  take(): void {
    Date.now = () => this.#wall;
    performance.now = () => this.#wall - BEGIN;
  }

  giveBack(): void {
    Date.now = dateNow;
    performance.now = performanceNow;
  }

  pass(length: number): void {
    this.#wall += length;
    this.#ran += length;
  }

  /** A new process begins. */
  bear(): void {
    this.#wall += 1000;
    this.#born = this.#wall;
    this.#ran = 0;
  }

  /** The process clock as the adapters see it; the real one would count real time. */
  get ofProcess(): ProcessClock {
    const read = { now: () => processTime(this.#ran), born: () => instant(this.#born) };
    return {
      get now(): ProcessTime {
        return read.now();
      },
      stepped: false,
      get processStartedAt(): Instant {
        return read.born();
      },
    } as unknown as ProcessClock;
  }
}

export const realNow = dateNow;
