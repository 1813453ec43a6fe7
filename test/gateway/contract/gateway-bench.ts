import { execFileSync } from "node:child_process";
import { mkdirSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { cli } from "../harness/cli.ts";
import { Gateway } from "../harness/gateway.ts";
import type { GatewayVersion } from "../harness/generation.ts";
import { type Home, makeHome } from "../harness/home.ts";
import { addJob, removeJob, runNow, waitForHistory } from "../harness/jobs.ts";
import { FakeModel } from "../harness/model.ts";
import { healer } from "../harness/plugin.ts";
import { Probe } from "../harness/probe.ts";
import { databasePath, plantReceipt, storedState } from "../harness/store.ts";
import { until } from "../harness/until.ts";
import type { Bench, Hold, Told } from "./bench.ts";
import { execute } from "./execute.ts";
import { photographOf } from "./photograph.ts";
import { portPlugin } from "./port.ts";
import { RemoteHost } from "./remote-host.ts";
import { setState } from "./set-state.ts";

/** What is peculiar to the store of one version. */
export interface Peculiar {
  readonly changedByRelease: readonly string[];
  /** A column that every look at a job's history needs. */
  readonly historyColumn?: { readonly table: string; readonly column: string };
  readonly receipts?: boolean;
  readonly restless?: RegExp;
}

/**
 * A real gateway whose scheduler is off, so that nobody but us changes its store. The plugin under test is loaded and
 * switched off: it hears what the gateway says, as always, and leaves the deeds to the test.
 */
export async function gatewayBench(version: GatewayVersion, peculiar: Peculiar): Promise<Bench> {
  const model = await FakeModel.start();
  const plugins = [await healer({ enabled: false }), await portPlugin()];
  const home = await makeHome({ version, model, plugins });
  const gateway = new Gateway(home);
  try {
    await gateway.start({ scheduler: "off", timeout: 240_000 });
    return new GatewayBench(gateway, model, peculiar);
  } catch (error) {
    for (const each of [gateway, home, model]) await each[Symbol.asyncDispose]();
    throw error;
  }
}

class GatewayBench implements Bench {
  readonly host: RemoteHost;
  readonly changedByRelease: readonly string[];
  readonly restless: RegExp | undefined;
  readonly #gateway: Gateway;
  readonly #home: Home;
  readonly #model: FakeModel;
  readonly #probe: Probe;
  readonly #peculiar: Peculiar;
  #names = 0;

  constructor(gateway: Gateway, model: FakeModel, peculiar: Peculiar) {
    this.host = new RemoteHost(gateway);
    this.changedByRelease = peculiar.changedByRelease;
    this.restless = peculiar.restless;
    this.#gateway = gateway;
    this.#home = gateway.home;
    this.#model = model;
    this.#probe = new Probe(gateway);
    this.#peculiar = peculiar;
  }

  get longestTurn(): number {
    return this.host.longestTurn;
  }

  apply: Bench["apply"] = (claim, entry) => this.host.apply(claim, entry);

  async stuck(startedAt: number): Promise<string> {
    const job = await addJob(this.#gateway, { name: this.#name() });
    const receiptId = this.#peculiar.receipts
      ? plantReceipt(this.#home, job, { pid: goneProcess(), startTime: 1, startedAtMs: startedAt })
      : undefined;
    await setState(this.#probe, job, { runningAtMs: startedAt, ...(receiptId ? { runningReceiptId: receiptId } : {}) });
    return job;
  }

  async live(): Promise<string> {
    const name = this.#name();
    const job = await addJob(this.#gateway, { name, prompt: "[[hang]]" });
    await runNow(this.#gateway, job);
    await this.#model.waitForRequest((request) => request.job === name, { timeout: 60_000 });
    await until("its run is marked", () => storedState(this.#home, job).runningAtMs !== undefined);
    return job;
  }

  async finish(job: string): Promise<void> {
    this.#model.release();
    await waitForHistory(this.#gateway, job, 1, { timeout: 60_000 });
  }

  async strangers(startedAt: number): Promise<readonly string[]> {
    const main = await addJob(this.#gateway, { name: this.#name(), sessionTarget: "main" });
    const disabled = await addJob(this.#gateway, { name: this.#name(), enabled: false });
    for (const job of [main, disabled]) await this.mark(job, startedAt);
    return [main, disabled];
  }

  mark(job: string, startedAt: number | undefined): Promise<void> {
    return setState(this.#probe, job, { runningAtMs: startedAt ?? null });
  }

  remove(job: string): Promise<void> {
    return removeJob(this.#gateway, job);
  }

  async markOf(job: string): Promise<number | undefined> {
    return storedState(this.#home, job).runningAtMs;
  }

  async told(job: string): Promise<readonly Told[]> {
    return (await cli(this.#gateway, "cron", "runs", "--id", job)).json<{ entries: readonly Told[] }>().entries;
  }

  async hold(job: string): Promise<Hold> {
    if (this.#home.generation.store !== "sqlite") {
      const path = this.#runLogOf(job);
      mkdirSync(path, { recursive: true });
      return { code: "refused", letGo: async () => rmdirSync(path) };
    }
    const database = new DatabaseSync(databasePath(this.#home));
    database.exec("BEGIN IMMEDIATE");
    return { code: "busy", letGo: async () => database.close() };
  }

  async spoil(job: string): Promise<() => Promise<void>> {
    const { historyColumn } = this.#peculiar;
    if (historyColumn === undefined) {
      const path = this.#runLogOf(job);
      execFileSync("mkfifo", [path]);
      return async () => rmSync(path);
    }
    const { table, column } = historyColumn;
    execute(this.#home, `ALTER TABLE ${table} RENAME COLUMN ${column} TO elsewhere`);
    return async () => execute(this.#home, `ALTER TABLE ${table} RENAME COLUMN elsewhere TO ${column}`);
  }

  async answers(): Promise<boolean> {
    return (await this.#gateway.call<{ jobs: unknown }>("cron.list", {})).jobs !== undefined;
  }

  async photograph() {
    return photographOf(this.#home.stateFolder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const each of [this.#gateway, this.#home, this.#model]) await each[Symbol.asyncDispose]();
  }

  #name(): string {
    this.#names += 1;
    return `contract-${this.#names}`;
  }

  #runLogOf(job: string): string {
    return join(this.#home.stateFolder, "cron", "runs", `${job}.jsonl`);
  }
}

/** The pid of a process that has ended. */
function goneProcess(): number {
  return Number(execFileSync(process.execPath, ["-p", "process.pid"], { encoding: "utf8" }));
}
