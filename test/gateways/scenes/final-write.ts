import { setTimeout as sleep } from "node:timers/promises";
import {
  type LostRun,
  lockBehindTheLedger,
  lockOverAllThree,
  lockOverLedgerAndJob,
  StoreLock,
  timerRun,
} from "../../gateway/2026-7-1/failed-writes.ts";
import { addJob, runNow } from "../../gateway/harness/jobs.ts";
import type { Lab } from "../lab.ts";
import type { RowName } from "../rows.ts";
import type { Scene } from "../scene.ts";
import { markInStore } from "./live.ts";

/** A run whose last writes fail; it is over when its mark is all that is left of it. */
type Losing = (lab: Lab) => Promise<LostRun>;

/** Each in a gateway of its own: three that look dead together are suspected of nothing but blind witnesses. */
export const finalWrites: readonly Scene[] = [
  losing("final-write", (lab) => (lab.version === "2026.7.1-2" ? overLedgerAndJob(lab) : byHand(lab))),
  losing("final-write-ledger", async (lab) => {
    const run = await timerRun(lab, "final-write-ledger");
    await lockBehindTheLedger(lab, run);
    return run;
  }),
  losing("final-write-timed-out", async (lab) => {
    const run = await timerRun(lab, "final-write-timed-out", { timeoutSeconds: 20 });
    await lockOverAllThree(lab, run);
    return run;
  }),
];

function losing(row: RowName, lose: Losing): Scene {
  return {
    name: row,
    rows: [row],
    async make(lab, faults) {
      await lab.start();
      const since = lab.gateway.mark();
      const { job, mark } = await lose(lab);
      const bornAt = Date.now();
      if (markInStore(lab.home, job) !== mark) throw new Error("the mark did not outlive its run");
      faults.add(row, { job, mark, bornAt, since, is: "dead" });
    },
  };
}

async function overLedgerAndJob(lab: Lab): Promise<LostRun> {
  const run = await timerRun(lab, "final-write");
  await lockOverLedgerAndJob(lab, run);
  return run;
}

async function byHand({ gateway, home, model }: Lab): Promise<LostRun> {
  const name = "final-write";
  const since = gateway.mark();
  const job = await addJob(gateway, { name, prompt: "[[hang]]" });
  await runNow(gateway, job);
  await model.waitForRequest((request) => request.job === name, { timeout: 60_000 });
  const mark = markInStore(home, job);
  {
    using _lock = new StoreLock(gateway);
    model.release((request) => request.job === name);
    await sleep(75_000);
  }
  await gateway.waitForLine(/manual run background execution failed/, { since, timeout: 120_000 });
  return { job, name, mark };
}
