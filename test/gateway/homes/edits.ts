import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { deeds, looksFor, said, saidOf, waitForLooks, waitForSaying } from "../2026-9-6/said.ts";
import type { GatewayVersion } from "../harness/generation.ts";
import type { Home } from "../harness/home.ts";
import { addJob, history, listed, removeJob, runNow, waitForHistory } from "../harness/jobs.ts";
import { storedHistory } from "../harness/store.ts";
import { until } from "../harness/until.ts";
import { type Lab, makeLab, TAG } from "./lab.ts";

/** The first look falls 20 s after a mark was first seen, the second one leaves time for the edits. */
const SETTINGS = { scanSeconds: 5, graceSeconds: 20, lookSeconds: 40, logLevel: "debug" } as const;
const FIRST_LOOK_IS_OVER = 25;
const LONG = { timeout: 240_000 };

const NAMES = ["removed", "disabled", "again", "rewritten", "edited", "anew"] as const;

/**
 * Marks that nobody owns, and an operator who works on the jobs between the two looks. Two marks at a time: three that
 * are silent together would be a doubt about the witnesses.
 */
export function describeEdits(version: GatewayVersion): void {
  describe(`${version}, jobs that are edited between two looks`, { timeout: 580_000 }, () => {
    let lab: Lab;
    const ids = {} as Record<(typeof NAMES)[number] | "namesake", string>;
    const json = (): boolean => lab.home.generation.store !== "sqlite";
    const stays: string[] = [];

    before(async () => {
      lab = await makeLab({ version, settings: SETTINGS });
      // From 2026.8 on a scheduler that is on clears such a mark itself.
      await lab.gateway.start({ scheduler: version === "2026.9.6" ? "off" : "on" });
      for (const name of NAMES) ids[name] = await addJob(lab.gateway, { name });
    });
    after(async () => await lab?.[Symbol.asyncDispose]());

    /** Marks both, and comes back when the first look has found them silent. */
    async function silentAtFirstLook(...marked: readonly string[]): Promise<number> {
      const startedAt = Date.now();
      for (const id of marked) await mark(lab, id, startedAt);
      await looksFor(lab.gateway, FIRST_LOOK_IS_OVER);
      for (const id of marked) assert.equal((await listed(lab.gateway, id)).state.runningAtMs, startedAt);
      return startedAt;
    }

    it("a job is removed, another disabled", async () => {
      await silentAtFirstLook(ids.removed, ids.disabled);
      await removeJob(lab.gateway, ids.removed);
      await lab.gateway.call("cron.update", { id: ids.disabled, patch: { enabled: false } });
    });

    it("a job is removed and added again under its name, or under its id; the disabled one is enabled", async () => {
      const { gateway, home } = lab;
      await silentAtFirstLook(ids.again, ids.rewritten);
      await removeJob(gateway, ids.again);
      ids.namesake = await addJob(gateway, { name: "again" });
      if (json()) {
        // A tick makes the scheduler read its file; until then nothing else may make it write.
        await addJob(gateway, { name: "next", at: new Date(Date.now() + 4000) });
        rewriteJob(home, ids.rewritten);
        const read = async () => (await listed(gateway, ids.rewritten)).name === REWRITTEN;
        await until("the scheduler has read the file", read, LONG);
      } else await removeJob(gateway, ids.rewritten);
      await gateway.call("cron.update", { id: ids.disabled, patch: { enabled: true } });
      stays.push(ids.namesake, ids.disabled, ...(json() ? [ids.rewritten] : []));
    });

    it("a job is edited, another has a new run: the edited one is released, under the name that it has now", async () => {
      const { gateway } = lab;
      const startedAt = await silentAtFirstLook(ids.edited, ids.anew);
      assert.deepEqual(deeds(gateway), []);
      const anewAt = Date.now();
      await mark(lab, ids.anew, anewAt);
      const schedule = { kind: "every", everyMs: 3_600_000 };
      await gateway.call("cron.update", { id: ids.edited, patch: { name: "edited since", schedule } });
      await waitForSaying(gateway, new RegExp(`^released job=${ids.edited} name="edited since" .*entry=written`), LONG);
      const [entry, ...more] = await history(gateway, ids.edited);
      assert.deepEqual(more, []);
      assert.equal(entry?.runAtMs, startedAt);
      assert.match(entry?.error ?? "", TAG);
      assert.equal((await listed(gateway, ids.anew)).state.runningAtMs, anewAt);
    });

    it("no other run was released or told", async () => {
      assert.equal(deeds(lab.gateway).length, 1);
      for (const id of Object.values(ids).filter((each) => each !== ids.edited)) {
        assert.deepEqual(
          saidOf(lab.gateway, id).filter((line) => DEED.test(line)),
          [],
        );
        assert.deepEqual(storedHistory(lab.home, id), []);
      }
    });

    it("a job of the same name, of the same id, or enabled again has a history of its own", async () => {
      for (const id of stays) {
        assert.equal((await runNow(lab.gateway, id)).kind, "enqueued");
        await waitForHistory(lab.gateway, id, 1, LONG);
        const ended = async () => (await listed(lab.gateway, id)).state.runningAtMs === undefined;
        await until("its mark is gone", ended, LONG);
      }
      await waitForLooks(lab.gateway, 2);
      for (const id of stays)
        assert.deepEqual(
          (await history(lab.gateway, id)).map(({ status }) => status),
          ["ok"],
        );
    });

    it("no pass failed", () => {
      const failures = said(lab.gateway).filter((line) => /^(this pass failed|could not be)/.test(line));
      assert.deepEqual(failures, []);
    });
  });
}

const DEED = /^(released|would be released|could not be|let go|wrote)/;
const REWRITTEN = "the same id again";

const mark = ({ gateway }: Lab, id: string, runningAtMs: number): Promise<unknown> =>
  gateway.call("cron.update", { id, patch: { state: { runningAtMs } } });

/** As somebody would who throws a job out of the file and puts another one in under its id. */
function rewriteJob({ cronStore, generation }: Home, id: string): void {
  const file = JSON.parse(readFileSync(cronStore, "utf8")) as { jobs: { id: string }[] };
  const now = Date.now();
  const jobs = file.jobs.map((job) =>
    job.id === id ? { ...job, name: REWRITTEN, createdAtMs: now, updatedAtMs: now, state: {} } : job,
  );
  if (generation.store === "split-json") {
    const path = cronStore.replace(/\.json$/, "-state.json");
    const states = JSON.parse(readFileSync(path, "utf8")) as { jobs: Record<string, unknown> };
    delete states.jobs[id];
    writeFileSync(path, JSON.stringify(states, null, 2));
  }
  writeFileSync(cronStore, JSON.stringify({ ...file, jobs }, null, 2));
}
