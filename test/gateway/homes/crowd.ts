import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { deeds, saidAloud, waitForLooks, waitForSaying } from "../2026-9-6/said.ts";
import type { Gateway, LogMark } from "../harness/gateway.ts";
import type { GatewayVersion } from "../harness/generation.ts";
import { addJob, history, type JobState, runNow, waitForHistory } from "../harness/jobs.ts";
import { plantMark, storedHistory, storedState } from "../harness/store.ts";
import { copyJob } from "./copy-job.ts";
import { type Lab, makeLab, TAG } from "./lab.ts";

const JOBS = 300;
const ORPHANS = 30;
/** From `ready` to the last healed mark, as promised for one. */
const PROMISED = 15_000;
const LONG = { timeout: 120_000 };

/** As many jobs as a store ever holds; every tenth was lost with its gateway. */
export function describeCrowd(version: GatewayVersion): void {
  describe(`${version}, ${JOBS} jobs, ${ORPHANS} of them orphaned`, { timeout: 300_000 }, () => {
    let lab: Lab;
    let since: LogMark;
    const startedAt = Date.now() - 60_000;
    const ids = Array.from({ length: JOBS }, (_, index) => `crowd-${String(index).padStart(3, "0")}`);
    const orphans = ids.filter((_, index) => index % (JOBS / ORPHANS) === 0);
    const others = ids.filter((id) => !orphans.includes(id));
    let asTheyWere: ReadonlyMap<string, JobState> = new Map();

    before(async () => {
      lab = await makeLab({ version, settings: { scanSeconds: 5, logLevel: "debug" } });
      await lab.gateway.start();
      const original = await addJob(lab.gateway, { name: "one of many" });
      await lab.gateway.kill9();
      for (const id of ids) copyJob(lab.home, original, { id });
      for (const id of orphans) plantMark(lab.home, id, { runningAtMs: startedAt });
      asTheyWere = states(lab, others);
    });
    after(async () => await lab?.[Symbol.asyncDispose]());

    it(`all orphans are healed ${PROMISED / 1000} s after the gateway is ready`, async (t) => {
      since = lab.gateway.mark();
      await lab.gateway.start({ scheduler: "off", waitFor: "ready" });
      const ready = await lab.gateway.waitForLine(/^ready\b/, { since });
      for (const id of orphans)
        await waitForSaying(lab.gateway, new RegExp(`^released job=${id} .*entry=written`), { since, ...LONG });
      const lines = releases(lab.gateway, since);
      const took = (lines.at(-1)?.at ?? Number.NaN) - ready.at;
      t.diagnostic(`ready to the last of ${ORPHANS} healed marks among ${JOBS} jobs: ${(took / 1000).toFixed(1)} s`);
      const looked = await lab.gateway.waitForLine(/^openclaw-cron-healer: looked /, { since });
      t.diagnostic(`ready to the end of its first look: ${looked.at - ready.at} ms`);
      t.diagnostic(`each release took ${spread(lines.map(({ text }) => Number(/ took=(\d+)ms/.exec(text)?.[1])))} ms`);
      assert.ok(took <= PROMISED, `${took} ms`);
    });

    it("each lost run is told once", async () => {
      await waitForLooks(lab.gateway, 2);
      assert.equal(deeds(lab.gateway, since).length, ORPHANS);
      for (const id of orphans) {
        assert.equal(storedState(lab.home, id).runningAtMs, undefined);
        const [entry, ...more] = await history(lab.gateway, id);
        assert.deepEqual(more, []);
        assert.match(entry?.error ?? "", TAG);
        assert.equal(entry?.runAtMs, startedAt);
      }
    });

    it("the rest is as it was, and nothing is said of it", () => {
      assert.deepEqual(states(lab, others), asTheyWere);
      for (const id of others) assert.deepEqual(storedHistory(lab.home, id), []);
      assert.deepEqual(
        saidAloud(lab.gateway, since).filter((line) => !/^(ready|released) /.test(line)),
        [],
      );
    });

    it("a healed job of the crowd runs", async () => {
      const [id = ""] = orphans;
      assert.equal((await runNow(lab.gateway, id)).kind, "enqueued");
      assert.equal((await waitForHistory(lab.gateway, id, 2, LONG))[0]?.status, "ok");
    });
  });
}

/** Without the next slot: the gateway plans it for a job that was written by hand. */
const states = ({ home }: Lab, ids: readonly string[]): ReadonlyMap<string, JobState> =>
  new Map(ids.map((id) => [id, { ...storedState(home, id), nextRunAtMs: 0 }]));

const releases = (gateway: Gateway, since: LogMark) =>
  gateway
    .linesSince(since)
    .filter(({ source, text }) => source === "file" && /^openclaw-cron-healer: released /.test(text));

function spread(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number | undefined =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return `${at(0)} – ${at(1)}, median ${at(0.5)}`;
}
