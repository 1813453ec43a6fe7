import assert from "node:assert/strict";
import { test } from "node:test";
import { BRISK } from "../2026-9-6/configured.ts";
import { saidAloud, waitForLooks, waitForSaying } from "../2026-9-6/said.ts";
import { Gateway } from "../harness/gateway.ts";
import type { GatewayVersion } from "../harness/generation.ts";
import { makeHome } from "../harness/home.ts";
import { addJob, jobs } from "../harness/jobs.ts";
import { FakeModel } from "../harness/model.ts";
import { healer } from "../harness/plugin.ts";
import { Probe } from "../harness/probe.ts";
import { storedState } from "../harness/store.ts";
import { execute } from "./execute.ts";
import { setState } from "./set-state.ts";

/** A table of a living gateway has another column than the one that we know: nothing is released until it is back. */
export function oddStore(version: GatewayVersion, table: string, column: string): void {
  test(`${version} with a store of an unknown shape`, { timeout: 600_000 }, async () => {
    await using model = await FakeModel.start();
    await using home = await makeHome({ version, model, plugins: [await healer(BRISK)] });
    await using gateway = new Gateway(home);
    await gateway.start({ scheduler: "off", timeout: 240_000 });
    const orphan = await addJob(gateway, { name: "orphan" });
    const since = gateway.mark();
    execute(home, `ALTER TABLE ${table} RENAME COLUMN ${column} TO elsewhere`);
    const odd = new RegExp(`^not watching all jobs because="column ${table}\\.${column} is missing"`);
    await waitForSaying(gateway, odd, { since });
    await setState(new Probe(gateway), orphan, { runningAtMs: Date.now() - 600_000 });
    await waitForLooks(gateway, 3);
    assert.equal(typeof storedState(home, orphan).runningAtMs, "number");
    assert.ok((await jobs(gateway)).length > 0);
    execute(home, `ALTER TABLE ${table} RENAME COLUMN elsewhere TO ${column}`);
    await waitForSaying(gateway, /^everything can be read again/, { since });
    await waitForSaying(gateway, new RegExp(`^released job=${orphan} `), { since, timeout: 180_000 });
    const complaints = saidAloud(gateway, since).filter((line) => odd.test(line));
    assert.equal(complaints.length, 1, complaints.join("\n"));
  });
}
