import { type Millis, millis, type ProcessTime, processTime, seconds } from "./time.ts";

/** What the clocks of this machine say at one beat. */
export interface ClockReading {
  readonly wall: number;
  readonly monotonic: number;
  /** Counts suspends, unlike the monotonic clock; undefined where the system has none. */
  readonly boot: number | undefined;
}

export interface ProcessClockState {
  readonly now: ProcessTime;
  readonly last: ClockReading;
  /** The wall clock no longer agrees with the time since the process began. */
  readonly stepped: boolean;
}

export interface Beat {
  readonly state: ProcessClockState;
  /** Why all strikes must be dropped: a stall, a suspend or a step of the wall clock. */
  readonly disturbance: string | undefined;
}

const DISAGREEMENT = seconds(2);
const STALL_PERIODS = 10;
const CREDITED_PERIODS = 1.5;

export const startClock = (last: ClockReading): ProcessClockState => ({ now: processTime(0), last, stepped: false });

/** Credits at most one and a half periods a beat, whatever the clocks say: only time in which we really ran counts. */
export function beat(state: ProcessClockState, reading: ClockReading, period: Millis): Beat {
  const elapsed = reading.monotonic - state.last.monotonic;
  const credit = Math.max(0, Math.min(elapsed, period * CREDITED_PERIODS));
  const drift = reading.wall - state.last.wall - elapsed;
  const asleep =
    reading.boot === undefined || state.last.boot === undefined ? 0 : reading.boot - state.last.boot - elapsed;
  const stepped = Math.abs(drift) > DISAGREEMENT && Math.abs(drift - asleep) > DISAGREEMENT;
  return {
    state: {
      now: processTime(state.now + credit),
      last: reading,
      stepped: state.stepped || stepped,
    },
    disturbance: disturbanceOf(elapsed, asleep, stepped ? drift : 0, period),
  };
}

function disturbanceOf(elapsed: number, asleep: number, step: number, period: Millis): string | undefined {
  if (asleep > DISAGREEMENT) return `the machine slept for ${whole(asleep)}`;
  if (step !== 0) return `the wall clock stepped by ${whole(step)}`;
  if (elapsed > period * STALL_PERIODS) return `this process stood still for ${whole(elapsed)}`;
  return undefined;
}

const whole = (length: number): string => `${Math.round(millis(length) / 1000)}s`;
