import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { addJob, listed, makeDue, runNow } from "../../gateway/harness/jobs.ts";
import { plantMark, storedState } from "../../gateway/harness/store.ts";
import { until } from "../../gateway/harness/until.ts";
import type { Fault } from "../fault.ts";
import type { Lab } from "../lab.ts";
import type { Scene } from "../scene.ts";
import { markInStore } from "./live.ts";
import { tickSoon } from "./scheduler-on.ts";

const LATER = 30 * 60_000;

/** The files of the store cannot be read in the moment in which a run ends. */
export const storeLost: Scene = {
  name: "store lost",
  rows: ["store-lost", "store-lost-by-hand"],
  async make(lab, faults) {
    await lab.start();
    await faults.make("store-lost", () => lostByTimer(lab));
    await faults.make("store-lost-by-hand", () => lostByHand(lab));
  },
};

/** The definitions cannot be read when a timer run ends: what the scheduler wants to write then is lost. */
async function lostByTimer(lab: Lab): Promise<Fault> {
  const { gateway, home, model } = lab;
  const job = await addJob(gateway, { name: "store-lost", prompt: "[[hang]]" });
  await makeDue(gateway, job);
  await model.waitForRequest((request) => request.job === "store-lost", { timeout: 60_000 });
  const mark = await until("the run is marked", () => storedState(home, job).runningAtMs);
  const since = gateway.mark();
  await withoutDefinitions(lab, async () => {
    model.release((request) => request.job === "store-lost");
    await gateway.waitForLine(/timer tick failed/, { since, timeout: 60_000 });
  });
  markInStore(home, job);
  // Overdue it would run, and hang, as soon as it is free; while a timer run lives no other mark is released.
  plantMark(home, job, { nextRunAtMs: Date.now() + LATER });
  return { job, mark, bornAt: Date.now(), since, is: "dead" };
}

/** The same at the end of a run by hand: the mark comes back when a tick reads the file. */
async function lostByHand(lab: Lab): Promise<Fault> {
  const { gateway, home, model } = lab;
  const name = "store-lost-by-hand";
  const job = await addJob(gateway, { name, prompt: "[[hang]]" });
  await runNow(gateway, job);
  await model.waitForRequest((request) => request.job === name, { timeout: 60_000 });
  const mark = await until("the run is marked", () => storedState(home, job).runningAtMs);
  await tickSoon(lab, 6000);
  const since = gateway.mark();
  await withoutDefinitions(lab, async () => {
    model.release((request) => request.job === name);
    await gateway.waitForLine(/manual run background execution failed/, { since, timeout: 60_000 });
  });
  const back = async () => (await listed(gateway, job)).state.runningAtMs === mark;
  await until("the mark has come back", back, { timeout: 120_000, interval: 200 });
  return { job, mark, bornAt: Date.now(), since, is: "dead" };
}

async function withoutDefinitions({ home }: Lab, deed: () => Promise<unknown>): Promise<void> {
  const path = join(home.stateFolder, "cron", "jobs.json");
  const definitions = readFileSync(path);
  writeFileSync(path, definitions.subarray(0, 40));
  try {
    await deed();
  } finally {
    writeFileSync(path, definitions);
  }
}
