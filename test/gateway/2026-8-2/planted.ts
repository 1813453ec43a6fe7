import type { Gateway } from "../harness/gateway.ts";
import type { Home } from "../harness/home.ts";
import { Probe } from "../harness/probe.ts";
import { plantMark, plantReceipt } from "../harness/store.ts";

export interface PlantedRun {
  readonly startedAt: number;
  readonly queued?: boolean;
  /** Without one, no receipt is planted. */
  readonly owner?: { readonly pid: number; readonly startTime: number | null };
}

/** The store's claim on a run as a gateway would have left it, for one that does not run or that ticks. */
export function plantRun(home: Home, job: string, run: PlantedRun): void {
  claim(home, job, run);
  plantMark(home, job, run.queued ? { queuedAtMs: run.startedAt } : { runningAtMs: run.startedAt });
}

/** The same in a gateway that runs: what it has in memory it would write over the store. */
export async function plantInMemory(gateway: Gateway, job: string, run: PlantedRun): Promise<void> {
  claim(gateway.home, job, run);
  await new Probe(gateway).run(
    async ({ cron }, id, runningAtMs) => void (await cron().update(id, { state: { runningAtMs } })),
    job,
    run.startedAt,
  );
}

function claim(home: Home, job: string, { startedAt, owner }: PlantedRun): void {
  if (owner !== undefined) plantReceipt(home, job, { ...owner, startedAtMs: startedAt });
}
