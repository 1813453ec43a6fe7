import type { Probe } from "./probe.ts";
import { until } from "./until.ts";

/** Takes the scheduler's timer away, as a start that never ends does: no tick will come by itself. */
export async function stopTicks(probe: Probe): Promise<void> {
  const stop = () =>
    probe.run(({ cron }) => {
      const { state } = cron();
      // The end of a tick would set a new one.
      if (state.running) return false;
      clearTimeout(state.timer);
      state.timer = null;
      return true;
    });
  await until("no tick is at work, and none will come", stop, { timeout: 60_000 });
}

export const hasTimer = (probe: Probe): Promise<boolean> => probe.run(({ cron }) => cron().state.timer !== null);
