import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  ANNOUNCE,
  assertUntouched,
  CLI,
  dueTogether,
  HANGING,
  HOOK,
  type Lab,
  markOf,
  QUICK,
  watchedBeyondBothWindows,
} from "../2026-4-14/lab.ts";
import { addJob, history, type JobSpec, runNow } from "../harness/jobs.ts";
import { until } from "../harness/until.ts";
import { makeLab } from "./lab.ts";

/** Without a limit no watchdog of the gateway ends them while we look. */
const forEver = (spec: JobSpec, name: string): JobSpec => ({ ...spec, name, timeoutSeconds: 0 });
const LIVE: JobSpec = { name: "live", prompt: "[[hang]]" };

const cliAsked = async ({ home }: Lab, times: number): Promise<void> => {
  const runs = () => readFileSync(home.cliLog, { encoding: "utf8", flag: "a+" }).split('"started"').length - 1;
  await until("the CLI model is asked", () => runs() >= times, { timeout: 60_000 });
};

const asked = ({ model }: Lab, name: string) =>
  model.waitForRequest(({ job, endedAt }) => job === name && endedAt === undefined, { timeout: 60_000 });

const held = ({ probe }: Lab, kind: "hook" | "channel", times: number) =>
  until(
    `${times} of kind ${kind} are held`,
    async () => (await probe.held()).filter((each) => each.kind === kind).length >= times,
    { timeout: 60_000 },
  );

/** Looks on beyond both windows: every run is still marked as before and the plugin has not laid hands on it. */
async function stayUntouched(lab: Lab, ids: readonly string[]): Promise<void> {
  const since = lab.gateway.mark();
  const marks = await Promise.all(ids.map((id) => markOf(lab.gateway, id)));
  await watchedBeyondBothWindows(lab.gateway);
  for (const [index, id] of ids.entries()) await assertUntouched(lab, id, { mark: marks[index], since });
}

test("whatever is alive stays, though no session shows it", { timeout: 600_000 }, async (t) => {
  // A CLI model needs what the bundled plugins bring.
  const env = { OPENCLAW_DISABLE_BUNDLED_PLUGINS: "0" };
  await using lab = await makeLab(QUICK, { ...HANGING, env });
  const { gateway, model, probe } = lab;
  await gateway.start();
  const add = (spec: JobSpec, name: string) => addJob(gateway, forEver(spec, name));

  await t.test(
    "a delivery, a CLI model and a full lane, by hand and by the timer, and who waits in that lane",
    async () => {
      const announce = await add(ANNOUNCE, "announce");
      const cli = await add(CLI, "cli");
      for (const id of [announce, cli]) await runNow(gateway, id);
      await held(lab, "channel", 1);
      await cliAsked(lab, 1);
      const fill = [
        await add(LIVE, "live"),
        await add(HOOK, "hook"),
        await add(LIVE, "live-2"),
        await add(HOOK, "hook-2"),
      ];
      await dueTogether(gateway, fill);
      await asked(lab, "live");
      await held(lab, "hook", 1);
      const waits = await add(LIVE, "waits-in-lane");
      await runNow(gateway, waits);
      await markOf(gateway, waits);
      const queued = () =>
        probe.run(({ global }) => global("openclaw.commandQueueState").lanes.get("cron-nested").queue.length as number);
      await until("the lane of agents has a queue", async () => (await queued()) > 0);
      const sessions = Object.keys(await probe.embeddedRuns());
      const hidden = [announce, cli, fill[1], waits];
      assert.deepEqual(
        sessions.filter((key) => hidden.some((id) => id !== undefined && key.includes(id))),
        [],
      );
      await stayUntouched(lab, [announce, cli, ...fill, waits]);
      assert.deepEqual(model.of("waits-in-lane"), []);
    },
  );

  await t.test(
    "all of them in one batch, with a peer that has finished long ago and one that waits its turn",
    async () => {
      await gateway.crashAndRestart();
      const finished = await addJob(gateway, { name: "finished" });
      const hanging = [
        await add(LIVE, "live-3"),
        await add(ANNOUNCE, "announce-2"),
        await add(CLI, "cli-2"),
        await add(HOOK, "hook-3"),
      ];
      const waits = await add(LIVE, "waits-in-batch");
      await dueTogether(gateway, [finished, ...hanging, waits]);
      await asked(lab, "live-3");
      await cliAsked(lab, 2);
      await held(lab, "channel", 1);
      await held(lab, "hook", 1);
      await until("the peer has its answer", () => model.of("finished").at(-1)?.end === "answered");
      await stayUntouched(lab, [finished, ...hanging, waits]);
      assert.deepEqual(await history(gateway, finished), []);
      assert.deepEqual(model.of("waits-in-batch"), []);
    },
  );
});
