import type { Result } from "../../../plugin/apply.ts";
import type { RunEntry } from "../../../plugin/core/entry.ts";
import type { Claim, Snapshot } from "../../../plugin/core/snapshot.ts";
import {
  type Host,
  type HostDescription,
  HostError,
  type HostErrorCode,
  type Receipt,
} from "../../../plugin/host/port.ts";
import type { Gateway } from "../harness/gateway.ts";
import { until } from "../harness/until.ts";

interface Answer {
  readonly value?: unknown;
  readonly error?: { readonly code?: HostErrorCode; readonly message: string };
  readonly longestTurn: number;
}

interface Applied {
  readonly result: Result;
  readonly took: number;
}

/**
 * A gateway of another test that is just coming or going is a doubt for a moment, up to 7.1; that is none of what is
 * tested here.
 */
async function undisturbed<T>(ask: () => Promise<T>): Promise<T> {
  const calm = async (): Promise<{ readonly answer: Promise<T> } | undefined> => {
    const answer = ask();
    const text = await answer.then(JSON.stringify, () => "");
    return DOUBT.test(text) ? undefined : { answer };
  };
  return await (await until("no other gateway is in doubt", calm, { timeout: 60_000, interval: 500 })).answer;
}

const DOUBT = /other-gateway is unread|"other-gateway","role":"required","answer":\{"kind":"unread"/;

/** The port of the plugin inside a real gateway, spoken to from outside. */
export class RemoteHost implements Host {
  description: HostDescription = { generation: "not asked yet", capabilities: [] };
  /** Milliseconds for which the gateway's event loop stood still, at most, during the last call. */
  longestTurn = 0;
  readonly #gateway: Gateway;

  constructor(gateway: Gateway) {
    this.#gateway = gateway;
  }

  async describe(): Promise<HostDescription> {
    this.description = (await this.#ask("description")) as HostDescription;
    return this.description;
  }

  async snapshot(): Promise<Snapshot> {
    return await undisturbed(async () => (await this.#ask("snapshot")) as Snapshot);
  }

  async release(claim: Claim, entry: RunEntry | undefined): Promise<Receipt> {
    return await undisturbed(async () => (await this.#ask("release", { claim, entry })) as Receipt);
  }

  async apply(claim: Claim, entry: RunEntry | undefined): Promise<Applied> {
    return await undisturbed(async () => (await this.#ask("apply", { claim, entry })) as Applied);
  }

  async #ask(method: string, params: object = {}): Promise<unknown> {
    const { value, error, longestTurn } = await this.#gateway.call<Answer>(`port.${method}`, params, {
      timeout: 60_000,
    });
    this.longestTurn = longestTurn;
    if (error === undefined) return value;
    throw error.code === undefined ? new Error(error.message) : new HostError(error.code, error.message);
  }
}
