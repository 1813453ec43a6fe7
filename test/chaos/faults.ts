import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import type { Home } from "../gateway/harness/home.ts";
import { makeDue } from "../gateway/harness/jobs.ts";
import { databasePath, storedState } from "../gateway/harness/store.ts";
import { until } from "../gateway/harness/until.ts";
import type { Notes } from "./notes.ts";
import type { Scene } from "./scene.ts";

const TORN = 40;
/** What a gateway with a database waits for its lock, and more. */
const LOCKED = 40_000;

export async function lockStore(home: Home, milliseconds: number): Promise<void> {
  const database = new DatabaseSync(databasePath(home), { timeout: 5000 });
  try {
    database.exec("BEGIN IMMEDIATE");
    await sleep(milliseconds);
    database.exec("ROLLBACK");
  } finally {
    database.close();
  }
}

/** A timer run ends in the moment in which the store fails: what it did is lost, its mark may stay. */
export async function loseWrite(scene: Scene, job: string, name: string, notes: Notes): Promise<void> {
  const { gateway, home, model } = scene;
  const requests = model.of(name).length;
  await makeDue(gateway, job).catch((error: Error) => notes.fault("note", error.message));
  const mark = await begun(scene, job, name, requests).catch(() => undefined);
  if (mark === undefined) return notes.fault("note", `${job} did not begin by the timer`);
  const letGo = (): number => model.release((request) => request.job === name);
  notes.fault("store", `fails at the end of ${job}`);
  let over: number;
  if (home.generation.store === "sqlite") {
    const locked = lockStore(home, LOCKED);
    letGo();
    await locked;
    over = Date.now();
    await sleep(3000);
  } else {
    const path = join(home.stateFolder, "cron", home.generation.store === "json" ? "jobs.json" : "jobs-state.json");
    const store = readFileSync(path);
    writeFileSync(path, store.subarray(0, TORN));
    const since = gateway.mark();
    letGo();
    await gateway.waitForLine(/timer tick failed/, { since, timeout: 20_000 }).catch(() => {});
    // Somebody may have written it whole again: then it is newer than ours.
    if (statSync(path).size === TORN) writeFileSync(path, store);
    over = Date.now();
    await sleep(500);
  }
  const ended = model.of(name).at(-1)?.endedAt;
  if (ended !== undefined && storedState(home, job).runningAtMs === mark) notes.orphan(job, mark, "lost write", over);
  else notes.fault("note", `nothing of ${job} was lost`);
}

async function begun({ home, model }: Scene, job: string, name: string, before: number): Promise<number> {
  await until("the run is in its model call", () => model.of(name).length > before, { timeout: 20_000, interval: 20 });
  const asked = model.of(name).at(-1);
  if (asked?.endedAt !== undefined) throw new Error("it was too quick");
  return await until("it is marked", () => storedState(home, job).runningAtMs, { timeout: 5000 });
}
