import type { Scene } from "./scene.ts";
import { batch } from "./scenes/batch.ts";
import { catchUp } from "./scenes/catch-up.ts";
import { finalWrites } from "./scenes/final-write.ts";
import { longRuns } from "./scenes/long-runs.ts";
import { schedulerOff } from "./scenes/scheduler-off.ts";
import { schedulerOn } from "./scenes/scheduler-on.ts";
import { staleScheduler } from "./scenes/stale-scheduler.ts";
import { storeLost } from "./scenes/store-lost.ts";
import { twoGateways } from "./scenes/two-gateways.ts";

/** The longest first. */
export const SCENES: readonly Scene[] = [
  ...finalWrites,
  longRuns,
  batch,
  storeLost,
  schedulerOn,
  staleScheduler,
  twoGateways,
  catchUp,
  schedulerOff,
];
