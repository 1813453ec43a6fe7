import assert from "node:assert/strict";
import { test } from "node:test";
import {
  assertUntouched,
  dueTogether,
  type Lab,
  markOf,
  ourEntries,
  passes,
  watchedBeyondBothWindows,
} from "../2026-4-14/lab.ts";
import { cli } from "../harness/cli.ts";
import { addJob, runNow } from "../harness/jobs.ts";
import { HEALER } from "../harness/plugin.ts";
import { storedHistory } from "../harness/store.ts";
import { until } from "../harness/until.ts";
import { makeLab } from "./lab.ts";

const set = async ({ gateway }: Lab, path: string, value: string): Promise<void> => {
  const { code, stdout, stderr } = await cli(gateway, "config", "set", path, value);
  assert.equal(code, 0, stdout + stderr);
};

test("reloads release no run that lives through them", { timeout: 500_000 }, async (t) => {
  await using lab = await makeLab();
  const { gateway, home, model } = lab;
  await gateway.start();
  const { pid } = gateway;
  const byHand = await addJob(gateway, { name: "by-hand", prompt: "[[hang]]", timeoutSeconds: 0 });
  const byTimer = await addJob(gateway, { name: "by-timer", prompt: "[[hang]]", timeoutSeconds: 0 });
  const live = (name: string) => model.of(name).filter(({ endedAt }) => endedAt === undefined).length;
  await runNow(gateway, byHand);
  await dueTogether(gateway, [byTimer], 0);
  await until("both runs ask the model", () => live("by-hand") === 1 && live("by-timer") === 1, { timeout: 30_000 });
  const marks = [
    [byHand, await markOf(gateway, byHand)],
    [byTimer, await markOf(gateway, byTimer)],
  ] as const;
  const stay = async (): Promise<void> => {
    await watchedBeyondBothWindows(gateway);
    for (const [id, mark] of marks) await assertUntouched(lab, id, { mark });
    assert.equal(gateway.pid, pid);
  };

  await t.test("of the plugin's settings", async () => {
    const since = gateway.mark();
    await set(lab, `plugins.entries.${HEALER}.config.lookSeconds`, "21");
    await until("the gateway has taken it in", () =>
      gateway.linesSince(since).some(({ text }) => /config change/.test(text)),
    );
    await passes(gateway, 1);
    await stay();
  });

  await t.test("of the plugin itself, off and on again", async () => {
    for (const [verb, enabled] of [
      ["disable", "false"],
      ["enable", "true"],
    ] as const) {
      const since = gateway.mark();
      const { code, stdout, stderr } = await cli(gateway, "plugins", verb, HEALER);
      assert.equal(code, 0, stdout + stderr);
      await until(`the gateway has taken in enabled=${enabled}`, () =>
        gateway.linesSince(since).some(({ text }) => /config (hot reload|change)/.test(text)),
      );
    }
    await stay();
  });

  await t.test("of the scheduler: its own false entries are its own, none is ours", async () => {
    const since = gateway.mark();
    await set(lab, "cron.maxConcurrentRuns", "5");
    await gateway.waitForLine(/^cron: started$/, { since });
    await watchedBeyondBothWindows(gateway);
    t.diagnostic(JSON.stringify([byHand, byTimer].map((id) => storedHistory(home, id))));
    for (const id of [byHand, byTimer]) await assertUntouched(lab, id);
    assert.equal(live("by-hand") + live("by-timer"), 2, "both still run, though the gateway says otherwise");
    await runNow(gateway, byHand);
    await until("a second run of it", () => live("by-hand") === 2);
    const mark = await markOf(gateway, byHand);
    await watchedBeyondBothWindows(gateway);
    await assertUntouched(lab, byHand, { mark });
  });

  await t.test("and when all have ended there is still no entry of ours", async () => {
    model.release();
    await until("every run has ended", () => live("by-hand") + live("by-timer") === 0);
    await watchedBeyondBothWindows(gateway);
    t.diagnostic(JSON.stringify([byHand, byTimer].map((id) => storedHistory(home, id))));
    for (const id of [byHand, byTimer]) assert.deepEqual(ourEntries(home, id), []);
  });
});
