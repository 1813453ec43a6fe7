import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import type { Gateway } from "../harness/gateway.ts";
import { addJob, makeDue } from "../harness/jobs.ts";
import type { FakeModel } from "../harness/model.ts";
import { databasePath, storedState } from "../harness/store.ts";
import { until } from "../harness/until.ts";

/** How the last writes of a timer run can fail: the task ledger, then the job, then the history. Each makes a true orphan. */
export interface Scene {
  readonly gateway: Gateway;
  readonly model: FakeModel;
}

export interface LostRun {
  readonly job: string;
  readonly name: string;
  /** As the store holds it, before and after the run. */
  readonly mark: number;
}

/** The gateway waits so long for a locked store at each of its writes. */
const ITS_PATIENCE = 30_000;
const PATIENT = { timeout: 300_000, interval: 50 };

/** A timer run that hangs in its model call, where its end is ours to choose. */
export async function timerRun(
  { gateway, model }: Scene,
  name: string,
  spec: { readonly prompt?: string; readonly timeoutSeconds?: number } = {},
): Promise<LostRun> {
  const job = await addJob(gateway, { name, prompt: "[[hang]]", ...spec });
  await makeDue(gateway, job);
  await model.waitForRequest((request) => request.job === name, { timeout: 90_000 });
  return { job, name, mark: markOf(gateway, job) };
}

/** Somebody else has locked the store while ledger and job are written; the history gets through: #133223. */
export async function lockOverLedgerAndJob({ gateway, model }: Scene, { name }: LostRun): Promise<void> {
  const since = gateway.mark();
  using _lock = new StoreLock(gateway);
  model.release((request) => request.job === name);
  await gateway.waitForLine(/^Failed to persist task registry upsert/, { since, ...PATIENT });
  // Into the third wait, in which the history has its turn.
  await sleep(ITS_PATIENCE * 1.4);
}

/** The same until the history is lost too; the run ends by its own time-out: #142638. */
export async function lockOverAllThree({ gateway, model }: Scene, { name }: LostRun): Promise<void> {
  const since = gateway.mark();
  using _lock = new StoreLock(gateway);
  await until("the model is cut off", () => model.of(name)[0]?.end === "cut", { timeout: 90_000 });
  await gateway.waitForLine(/^cron: run log append failed/, { since, ...PATIENT });
}

/** The lock is let go for the one commit that tells the task ledger, and taken again before the next. */
export async function lockBehindTheLedger({ gateway, model }: Scene, { name, job }: LostRun): Promise<void> {
  const since = gateway.mark();
  using lock = new StoreLock(gateway);
  model.release((request) => request.job === name);
  await until("the ledger knows the result", () => lock.letOneThrough() && lock.ledger(job) === "succeeded", PATIENT);
  await gateway.waitForLine(/^cron: run log append failed/, { since, ...PATIENT });
}

const markOf = ({ home }: Gateway, job: string): number => storedState(home, job).runningAtMs ?? Number.NaN;

/** What a backup, a `sqlite3` shell or a second program does to the gateway's store. */
export class StoreLock implements Disposable {
  readonly #database: DatabaseSync;

  constructor({ home }: Gateway) {
    this.#database = new DatabaseSync(databasePath(home), { timeout: 5000 });
    this.#database.exec("BEGIN IMMEDIATE");
  }

  ledger(job: string): unknown {
    const select = "SELECT status FROM task_runs WHERE source_id = ? ORDER BY created_at DESC LIMIT 1";
    return this.#database.prepare(select).get(job)?.status;
  }

  /** Whether somebody else has written in the moment in which the lock was open; no moment is longer than half a second. */
  letOneThrough(): boolean {
    const version = this.#database.prepare("PRAGMA data_version");
    this.#database.exec("ROLLBACK");
    const before = version.get()?.data_version;
    const deadline = performance.now() + 500;
    let seen = before;
    while (seen === before && performance.now() < deadline) seen = version.get()?.data_version;
    this.#database.exec("BEGIN IMMEDIATE");
    return seen !== before;
  }

  [Symbol.dispose](): void {
    if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
    this.#database.close();
  }
}
