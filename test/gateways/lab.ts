import { Gateway, type StartOptions } from "../gateway/harness/gateway.ts";
import type { GatewayVersion } from "../gateway/harness/generation.ts";
import { type Home, type HomeOptions, makeHome } from "../gateway/harness/home.ts";
import { FakeModel } from "../gateway/harness/model.ts";
import { healer } from "../gateway/harness/plugin.ts";
import { Probe } from "../gateway/harness/probe.ts";
import { oneByOne } from "./one-by-one.ts";
import { ROW_NAMES } from "./rows.ts";

/** The shortest windows that the settings allow, and a patience that ends while we look. */
const SETTINGS = {
  scanSeconds: 5,
  graceSeconds: 20,
  lookSeconds: 20,
  endedSeconds: 15,
  logLevel: "debug",
  patience: { floorSeconds: 40 },
  jobs: Object.fromEntries(ROW_NAMES.map((row) => [row, { patienceSeconds: 40 }])),
} as const;

/** One gateway in one home, with the plugin or without it. A job is named after its row. */
export class Lab implements AsyncDisposable {
  readonly version: GatewayVersion;
  readonly helped: boolean;
  readonly model: FakeModel;
  readonly home: Home;
  readonly gateway: Gateway;
  readonly probe: Probe;
  readonly #others: AsyncDisposable[] = [];

  private constructor(version: GatewayVersion, helped: boolean, model: FakeModel, home: Home) {
    this.version = version;
    this.helped = helped;
    this.model = model;
    this.home = home;
    this.gateway = new Gateway(home);
    this.probe = new Probe(this.gateway);
  }

  static async make(version: GatewayVersion, helped: boolean, options: Partial<HomeOptions>): Promise<Lab> {
    const model = await FakeModel.start();
    const plugins = helped ? [await healer(SETTINGS)] : [];
    return new Lab(version, helped, model, await makeHome({ version, model, plugins, ...options }));
  }

  async start(options: StartOptions = {}): Promise<void> {
    await oneByOne(() => this.gateway.start({ timeout: 240_000, ...options }));
  }

  /** Ends it together with the lab. */
  with<T extends AsyncDisposable>(other: T): T {
    this.#others.push(other);
    return other;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const other of this.#others.reverse()) await other[Symbol.asyncDispose]();
    await this.gateway[Symbol.asyncDispose]();
    await this.home[Symbol.asyncDispose]();
    await this.model[Symbol.asyncDispose]();
  }
}
