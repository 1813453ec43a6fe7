import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type RunEntry, synthesize } from "../../../plugin/core/entry.ts";
import type { Claim, Snapshot } from "../../../plugin/core/snapshot.ts";
import { instant } from "../../../plugin/core/time.ts";
import { HostError } from "../../../plugin/host/port.ts";
import { until } from "../harness/until.ts";
import type { Bench } from "./bench.ts";
import { differences } from "./photograph.ts";

const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** As it comes through the gateway's RPC, which knows no undefined. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** What every store promises behind the port, whatever it is made of. */
export function contract(name: string, makeBench: () => Promise<Bench>): void {
  describe(`${name} keeps the contract of the port`, { timeout: 900_000 }, () => {
    let bench: Bench;
    const startedAt = Date.now() - 600_000;

    before(async () => {
      bench = await makeBench();
      await until("the scheduler leaves room for us", async () => (await look()).scheduler.kind === "settled", {
        timeout: 60_000,
        interval: 500,
      });
    });
    after(() => bench?.[Symbol.asyncDispose]());

    const look = (): Promise<Snapshot> => bench.host.snapshot();
    const claimOf = async (job: string): Promise<Claim> => {
      const claim = (await look()).claims.find(({ mark }) => mark.jobId === job);
      assert.ok(claim, `a claim of job ${job}`);
      return claim;
    };
    const stuckClaim = async (): Promise<Claim> => await claimOf(await bench.stuck(startedAt));
    const entryFor = ({ mark }: Claim): RunEntry => synthesize(mark, instant(Date.now()), "contract", "session=absent");
    /** What a deed has changed, in the whole store. */
    const changes = async (deed: () => Promise<unknown>, job = "no job"): Promise<readonly string[]> => {
      const before = await bench.photograph();
      await deed();
      return differences(before, await bench.photograph())
        .filter((place) => bench.restless?.test(place) !== true)
        .map((place) => place.replaceAll(job, "JOB").replaceAll(UUID, "ID"));
    };

    it("a snapshot shows a dead mark as it is, with every witness absent", async () => {
      const claim = await stuckClaim();
      assert.equal(claim.mark.startedAt, startedAt);
      assert.equal(claim.standing, "held");
      assert.equal(claim.past.kind === "read" && claim.past.value.entry, "none");
      assert.ok(claim.testimony.some(({ witness }) => witness === "session"));
      assert.deepEqual(
        claim.testimony.filter(({ answer }) => answer.kind !== "absent"),
        [],
      );
      assert.deepEqual((await look()).unread, []);
    });

    it("a snapshot changes nothing", async () => {
      await bench.stuck(startedAt);
      assert.deepEqual(await changes(look), []);
    });

    it("a job that is not ours is not shown, whatever its mark", async () => {
      const strangers = await bench.strangers(startedAt);
      const shown = (await look()).claims.map(({ mark }) => String(mark.jobId));
      assert.deepEqual(
        strangers.filter((job) => shown.includes(job)),
        [],
      );
    });

    it("a release clears the mark, tells the run where the gateway's own command shows it, and touches nothing else", async () => {
      const claim = await stuckClaim();
      const job = claim.mark.jobId;
      const entry = entryFor(claim);
      const changed = await changes(async () => {
        assert.deepEqual(plain(await bench.host.release(claim, entry)), { kind: "released", entry: "written" });
      }, job);
      assert.deepEqual([...changed].sort(), [...bench.changedByRelease].sort());
      assert.equal(await bench.markOf(job), undefined);
      const [told, ...more] = await bench.told(job);
      assert.deepEqual(more, []);
      assert.deepEqual(
        { status: told?.status, error: told?.error, runAtMs: told?.runAtMs },
        { status: "error", error: entry.text, runAtMs: startedAt },
      );
      assert.ok(!(await look()).claims.some(({ mark }) => mark.jobId === job));
    });

    it("a second release is a no-op", async () => {
      const claim = await stuckClaim();
      const entry = entryFor(claim);
      await bench.host.release(claim, entry);
      const changed = await changes(async () => {
        assert.deepEqual(plain(await bench.host.release(claim, entry)), { kind: "moved-on" });
      });
      assert.deepEqual(changed, []);
      assert.equal((await bench.told(claim.mark.jobId)).length, 1);
    });

    it("of two releases at once one is done", async () => {
      const claim = await stuckClaim();
      const receipts = await Promise.all([1, 2].map(() => bench.host.release(claim, entryFor(claim))));
      assert.deepEqual(receipts.map(({ kind }) => kind).sort(), ["moved-on", "released"]);
      assert.equal((await bench.told(claim.mark.jobId)).length, 1);
    });

    it("a run that has its entry already is released without a second one", async () => {
      const claim = await stuckClaim();
      const job = claim.mark.jobId;
      await bench.host.release(claim, entryFor(claim));
      await bench.mark(job, startedAt);
      const again = await claimOf(job);
      assert.equal(again.past.kind === "read" && again.past.value.entry, "ours");
      assert.deepEqual(await bench.host.release(again, entryFor(again)), { kind: "released", entry: "already there" });
      assert.equal(await bench.markOf(job), undefined);
      assert.equal((await bench.told(job)).length, 1);
    });

    it("a mark that has changed since is not the one that was judged", async () => {
      const claim = await stuckClaim();
      const job = claim.mark.jobId;
      const next = Date.now() - 1000;
      await bench.mark(job, next);
      const changed = await changes(async () => {
        assert.deepEqual(plain(await bench.host.release(claim, entryFor(claim))), { kind: "moved-on", now: next });
      });
      assert.deepEqual(changed, []);
    });

    it("a mark that has gone since needs no release", async () => {
      const claim = await stuckClaim();
      await bench.mark(claim.mark.jobId, undefined);
      const changed = await changes(async () => {
        assert.deepEqual(plain(await bench.host.release(claim, entryFor(claim))), { kind: "moved-on" });
      });
      assert.deepEqual(changed, []);
    });

    it("a job that has gone since needs no release", async () => {
      const claim = await stuckClaim();
      await bench.remove(claim.mark.jobId);
      const changed = await changes(async () => {
        assert.deepEqual(plain(await bench.host.release(claim, entryFor(claim))), { kind: "moved-on" });
      });
      assert.deepEqual(changed, []);
    });

    it("a run that is alive is not released, even with its very mark", async () => {
      const job = await bench.live();
      const claim = await claimOf(job);
      assert.ok(claim.testimony.some(({ role, answer }) => role === "required" && answer.kind === "live"));
      const receipt = await bench.host.release(claim, entryFor(claim));
      assert.equal(receipt.kind, "withheld");
      assert.equal(await bench.markOf(job), claim.mark.startedAt);
      await bench.finish(job);
      assert.deepEqual(
        (await bench.told(job)).map(({ status }) => status),
        ["ok"],
      );
    });

    it("a store that cannot be written is tried for two seconds, keeps what it had, and is written later", async () => {
      const claim = await stuckClaim();
      const job = claim.mark.jobId;
      const hold = await bench.hold(job);
      const turns: number[] = [];
      try {
        for (let attempt = 0; attempt < 5; attempt += 1) {
          await assert.rejects(
            bench.host.release(claim, entryFor(claim)),
            (error) => error instanceof HostError && error.code === hold.code,
          );
          turns.push(bench.longestTurn);
        }
        const apply = bench.apply(claim, entryFor(claim));
        assert.ok(await bench.answers());
        const { result, took } = await apply;
        assert.equal(result.kind, "failed");
        assert.ok(took < 10_000, `given up after ${took} ms`);
        if (hold.code === "busy") assert.ok(took > 500, `given up after ${took} ms`);
        assert.equal(await bench.markOf(job), startedAt);
      } finally {
        await hold.letGo();
      }
      // We wait ten milliseconds at most; a machine that is busy adds to it, though not each time.
      assert.ok(Math.min(...turns) < 100, `the gateway stood still for ${turns.map(Math.round).join(", ")} ms`);
      assert.deepEqual(await bench.told(job), []);
      const { result } = await bench.apply(claim, entryFor(claim));
      assert.deepEqual(result, { kind: "answered", receipt: { kind: "released", entry: "written" } });
    });

    it("of a part that cannot be understood a snapshot says so, and nothing is released", async () => {
      const claim = await stuckClaim();
      const mend = await bench.spoil(claim.mark.jobId);
      try {
        const { claims, unread } = await look();
        const shown = claims.find(({ mark }) => mark.jobId === claim.mark.jobId);
        assert.ok(unread.length > 0 || shown?.past.kind === "unread");
        const changed = await changes(async () => {
          await assert.rejects(bench.host.release(claim, entryFor(claim)), HostError);
        });
        assert.deepEqual(changed, []);
      } finally {
        await mend();
      }
      assert.equal((await bench.host.release(claim, entryFor(claim))).kind, "released");
    });
  });
}
