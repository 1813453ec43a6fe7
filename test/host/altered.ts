import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";
import { Life } from "../../plugin/life.ts";
import { differences, photographOf } from "../gateway/contract/photograph.ts";
import type { GatewayVersion } from "../gateway/harness/generation.ts";
import { until } from "../gateway/harness/until.ts";
import { layStore } from "../stores/stores.ts";

/** What the plugin makes of a store: how many runs it sees there, what it complains of, what it has changed. */
export interface Seen {
  readonly claims: number;
  readonly complaints: readonly string[];
  readonly changed: readonly string[];
}

export interface Alteration {
  readonly version: GatewayVersion;
  readonly splitsItsStore: boolean;
  alter(stateFolder: string): void | Promise<void>;
}

/** The whole plugin over an altered copy of a store that a real gateway left stuck; three passes. */
export async function seenIn({ version, splitsItsStore, alter }: Alteration): Promise<Seen> {
  const folder = await mkdtemp(join(tmpdir(), "cron-healer-store-"));
  const lines: { readonly level: string; readonly text: string }[] = [];
  const say = (level: string) => (text: string) => lines.push({ level, text });
  const looks = () => lines.filter(({ text }) => text.includes(": looked "));
  const life = new Life({
    logger: { debug: say("debug"), info: say("info"), warn: say("warn"), error: say("error") },
    stateDir: folder,
    environment: { mode: undefined, patienceSeconds: undefined },
    settings: () => ({ logLevel: "debug" }),
    sessions: () => undefined,
    splitsItsStore,
  });
  try {
    await layStore(version, "stuck", folder);
    await alter(folder);
    const before = photographOf(folder);
    life.start();
    for (const count of [1, 2, 3]) {
      await until("the plugin has looked", () => looks().length >= count, { timeout: 60_000, interval: 20 });
      life.beat("test");
    }
    return {
      claims: Number(/claims=(\d+)/.exec(looks().at(-1)?.text ?? "")?.[1]),
      // What is said of the run itself, or of the gateways on this machine, is no complaint about the store.
      complaints: lines
        .filter(
          ({ level, text }) => /warn|error/.test(level) && !/ verdict=| gateway pid |our own lock is gone/.test(text),
        )
        .map(({ text }) => text),
      changed: differences(before, photographOf(folder)),
    };
  } finally {
    await life.stop();
    await rm(folder, { recursive: true });
  }
}

// biome-ignore lint/suspicious/noExplicitAny: a store of any shape, to be broken.
type Shape = any;

/** Runs statements on the database of a state folder. */
export const sql =
  (...statements: readonly string[]) =>
  (stateFolder: string): void => {
    const database = new DatabaseSync(join(stateFolder, "state", "openclaw.sqlite"));
    for (const statement of statements) database.exec(statement);
    database.close();
  };

/** Parses a file of JSON in a state folder, changes it and writes it back. */
export const json =
  (name: string, change: (store: Shape) => unknown) =>
  (stateFolder: string): void => {
    const path = join(stateFolder, name);
    const store = JSON.parse(readFileSync(path, "utf8")) as Shape;
    writeFileSync(path, JSON.stringify(change(store) ?? store));
  };

/** Puts something else in the place of a file of a state folder. */
export const instead =
  (name: string, put: (path: string) => void) =>
  (stateFolder: string): void => {
    rmSync(join(stateFolder, name), { force: true });
    put(join(stateFolder, name));
  };

/** What came of a store: the stuck run is seen as ever, or one line says what of it is not understood. */
export type Outcome = "understood" | RegExp;

export function unknownStores(
  version: GatewayVersion,
  splitsItsStore: boolean,
  stores: readonly (readonly [string, Alteration["alter"], Outcome])[],
): void {
  describe(`a store of ${version}`, { timeout: 120_000 }, () => {
    for (const [what, alter, outcome] of stores) {
      it(`${what}: ${outcome === "understood" ? "understood" : "observed only, and one line says why"}`, async () => {
        const seen = await seenIn({ version, splitsItsStore, alter });
        assert.deepEqual(seen.changed, []);
        assert.equal(seen.claims, outcome === "understood" ? 1 : 0);
        assert.equal(seen.complaints.length, outcome === "understood" ? 0 : 1, seen.complaints.join("\n"));
        if (outcome !== "understood") assert.match(seen.complaints[0] ?? "", outcome);
      });
    }
  });
}
