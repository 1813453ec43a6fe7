import { readFile } from "node:fs/promises";
import type { Gateway } from "./gateway.ts";
import { type Patience, until } from "./until.ts";

/** What a function that runs in the gateway is given; see probe/index.js. */
export interface Inside {
  // biome-ignore lint/suspicious/noExplicitAny: the inside of the gateway has no types here.
  readonly state: any;
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  readonly global: (symbolName: string) => any;
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  readonly host: (specifier: string) => Promise<any>;
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  readonly module: (specifier: string) => Promise<any>;
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  readonly cron: () => any;
  readonly holding: readonly (Held & { readonly release: () => void })[];
}

/** A call that does not return: a `[[hookhang]]` prompt, or a delivery to an address with "hang" in it. */
export interface Held {
  readonly kind: "hook" | "channel";
  readonly details: Readonly<Record<string, string | undefined>>;
  readonly at: number;
}

export interface HookSeen {
  readonly at: number;
  readonly hook: string;
  readonly sessionKey?: string;
  readonly jobId?: string;
  readonly action?: string;
  readonly status?: string;
  readonly error?: string;
}

/** Looks into the gateway, and breaks it, through the probe plugin. */
export class Probe {
  readonly #gateway: Gateway;

  constructor(gateway: Gateway) {
    this.#gateway = gateway;
  }

  /** Runs the function inside the gateway. It sees its arguments only, and both ways is JSON. */
  async run<Args extends readonly unknown[], T>(
    deed: (inside: Inside, ...args: Args) => T | Promise<T>,
    ...args: Args
  ): Promise<T> {
    const response = await fetch(`http://127.0.0.1:${await this.#port()}/`, {
      method: "POST",
      body: JSON.stringify({ source: deed.toString(), args }),
    });
    const answer = (await response.json()) as { ok: true; result: T } | { ok: false; error: string };
    if (!answer.ok) throw new Error(`inside the gateway: ${answer.error}`);
    return answer.result;
  }

  hooks(): Promise<readonly HookSeen[]> {
    return this.run(({ state }) => state.hooks as HookSeen[]);
  }

  held(): Promise<readonly Held[]> {
    return this.run(({ holding }) => holding.map(({ kind, details, at }) => ({ kind, details, at })));
  }

  waitForHeld(kind: Held["kind"], patience?: Patience): Promise<Held> {
    const found = async (): Promise<Held | undefined> => (await this.held()).find((held) => held.kind === kind);
    return until(`the probe holds a ${kind}`, found, patience);
  }

  /** Lets everything go that is held; returns how many. */
  release(): Promise<number> {
    return this.run(({ holding }) => {
      const all = [...holding];
      for (const { release } of all) release();
      return all.length;
    });
  }

  /** Keeps the event loop busy; returns when it has begun. */
  block(milliseconds: number): Promise<void> {
    return this.run((_inside, duration) => {
      setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, duration), 20);
    }, milliseconds);
  }

  /** Empties the maps and sets of a registry that hangs on `Symbol.for(name)`; returns how many entries were lost. */
  emptyRegistry(symbolName: string): Promise<number> {
    return this.run(({ global }, name) => {
      let lost = 0;
      for (const part of Object.values(global(name) ?? {})) {
        if (!(part instanceof Map || part instanceof Set)) continue;
        lost += part.size;
        part.clear();
      }
      return lost;
    }, symbolName);
  }

  /** Runs that the gateway's own registry holds for live: session key → session id. */
  embeddedRuns(): Promise<Readonly<Record<string, string>>> {
    return this.run(({ global }) => {
      const registry = global("openclaw.embeddedRunState");
      const live = [...(registry?.sessionIdsByKey ?? [])].filter(([, id]) => registry.activeRuns.has(id));
      return Object.fromEntries(live) as Record<string, string>;
    });
  }

  async #port(): Promise<number> {
    const { home } = this.#gateway;
    const { port } = await until("the probe plugin listens", async () => {
      const found = JSON.parse(await readFile(home.probeFile, "utf8")) as { pid: number; port: number };
      return found.pid === this.#gateway.pid && found;
    });
    return port;
  }
}
