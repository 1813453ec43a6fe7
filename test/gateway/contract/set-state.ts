import type { Probe } from "../harness/probe.ts";

/** Through the scheduler, so that its memory and the store agree; `null` removes a field, for JSON knows no undefined. */
export const setState = (probe: Probe, job: string, state: Readonly<Record<string, unknown>>): Promise<void> =>
  probe.run(
    async ({ cron }, id, given) => {
      const entries = Object.entries(given).map(([key, value]) => [key, value ?? undefined]);
      await cron().update(id, { state: Object.fromEntries(entries) });
    },
    job,
    state,
  );
