import { readFile } from "node:fs/promises";
import type { Gateway } from "../harness/gateway.ts";
import type { Home } from "../harness/home.ts";
import { addJob, makeDue, runNow } from "../harness/jobs.ts";
import type { FakeModel } from "../harness/model.ts";
import { Probe } from "../harness/probe.ts";
import { receipts, storedState } from "../harness/store.ts";
import { until } from "../harness/until.ts";

export const HTTP = "fake/fake-1";
const HANGS = { channel: "probechan", to: "hang" };

/** Every way in which a run can be alive for long; each answers the job's id once the run is where it hangs. */
export class LiveRuns {
  readonly #gateway: Gateway;
  readonly #model: FakeModel;
  readonly #probe: Probe;

  constructor(gateway: Gateway, model: FakeModel) {
    this.#gateway = gateway;
    this.#model = model;
    this.#probe = new Probe(gateway);
  }

  async modelCall(name: string, by: "hand" | "timer" = "hand"): Promise<string> {
    const id = await addJob(this.#gateway, { name, prompt: "[[hang]]", model: HTTP });
    if (by === "hand") await runNow(this.#gateway, id);
    else await makeDue(this.#gateway, id);
    await this.#model.waitForRequest(({ job }) => job === name, { timeout: 90_000 });
    return id;
  }

  async hook(name: string): Promise<string> {
    const id = await addJob(this.#gateway, { name, prompt: "[[hookhang]]", model: HTTP });
    await runNow(this.#gateway, id);
    await this.#held("hook", name);
    return id;
  }

  async channel(name: string, timeoutSeconds?: number): Promise<string> {
    const id = await addJob(this.#gateway, {
      name,
      model: HTTP,
      deliver: HANGS,
      ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
    });
    const before = (await this.#probe.held()).filter(({ kind }) => kind === "channel").length;
    await runNow(this.#gateway, id);
    await until(`the delivery of ${name} hangs`, async () => {
      return (await this.#probe.held()).filter(({ kind }) => kind === "channel").length > before;
    });
    return id;
  }

  async commandLine(name: string): Promise<string> {
    const id = await addJob(this.#gateway, { name, prompt: "[[hang]]" });
    await runNow(this.#gateway, id);
    await until("the CLI model runs", async () => (await readFile(this.#gateway.home.cliLog, "utf8")).includes(name));
    return id;
  }

  /** A hook that never returns, in front of a command-line model: outside every lane. */
  async hookBeforeCommandLine(name: string, timeoutSeconds: number): Promise<string> {
    const id = await addJob(this.#gateway, { name, prompt: "[[hookhang]]", timeoutSeconds });
    await runNow(this.#gateway, id);
    await this.#held("hook", name);
    return id;
  }

  #held(kind: "hook" | "channel", name: string) {
    return until(`the probe holds the ${kind} of ${name}`, async () =>
      (await this.#probe.held()).some((held) => held.kind === kind && held.details.prompt?.includes(`[[job:${name}]]`)),
    );
  }
}

/** What tells one run from the next: equal before and after means that nobody has touched it. */
export const runOf = (home: Home, job: string): object => {
  const { runningAtMs, queuedAtMs, runningReceiptId } = storedState(home, job);
  return { runningAtMs, queuedAtMs, runningReceiptId, receipts: receipts(home, job) };
};
