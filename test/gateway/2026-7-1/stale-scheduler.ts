import { addJob, listed } from "../harness/jobs.ts";
import type { Probe } from "../harness/probe.ts";
import { until } from "../harness/until.ts";
import type { Lab } from "./lab.ts";

/** What a plugin must not do: it keeps the scheduler instead of asking for it. */
export async function keepScheduler(probe: Probe): Promise<void> {
  await probe.run(({ state }) => {
    state.stale = state.contexts.cron_changed.getCron();
  });
}

/** One innocent change through the scheduler that was kept and has been replaced: it writes its whole old store. */
export async function writeBack({ gateway, probe }: Lab): Promise<void> {
  // Soon a tick of the new scheduler will read what the old one has written.
  await addJob(gateway, { name: "next", at: new Date(Date.now() + 5000) });
  await probe.run(async ({ state }) => {
    const [first] = state.stale.state.store.jobs;
    await state.stale.update(first.id, { description: `written by an old scheduler at ${Date.now()}` });
  });
}

export async function adopted({ gateway }: Lab, jobs: readonly string[]): Promise<void> {
  const all = async () => {
    for (const job of jobs) if ((await listed(gateway, job)).status !== "running") return false;
    return true;
  };
  await until("the new scheduler has adopted the marks", all, { timeout: 90_000, interval: 500 });
}
