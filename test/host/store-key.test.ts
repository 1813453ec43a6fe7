import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { it } from "node:test";
import { storeKeyIn } from "../../plugin/host/store-key.ts";

const USUAL = "/state/cron/jobs.json";
const OWN = "/else where/my jobs.json";

function keyAmong(keys: readonly string[], noted?: unknown): string | undefined {
  const database = new DatabaseSync(":memory:");
  database.exec("CREATE TABLE cron_jobs (store_key TEXT)");
  for (const key of keys) database.prepare("INSERT INTO cron_jobs VALUES (?)").run(key);
  if (noted !== undefined) {
    database.exec("CREATE TABLE config_machine_state (state_key TEXT, value_json TEXT)");
    database.prepare("INSERT INTO config_machine_state VALUES ('cron.store', ?)").run(JSON.stringify(noted));
  }
  return storeKeyIn(database, USUAL);
}

for (const [what, keys, noted, expected] of [
  ["no job at all: the usual store", [], undefined, USUAL],
  ["one store: that one", [OWN], undefined, OWN],
  ["several, the usual one among them", [OWN, USUAL], undefined, USUAL],
  ["several, none of them the usual one: nobody knows", [OWN, "/third"], undefined, undefined],
  ["the gateway has noted one: that one, whatever else lies there", [OWN, USUAL], OWN, OWN],
  ["the noted one has no job yet", [USUAL], OWN, OWN],
  ["the noted one is named by its place in the home", [USUAL, OWN], "~/my jobs.json", OWN],
  ["a note without a name is none", [USUAL], " ", USUAL],
  ["a note of another shape is none", [USUAL], { path: OWN }, USUAL],
] as const) {
  it(what, () => assert.equal(keyAmong(keys, noted), expected));
}
