import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { examine, type Memory } from "../../plugin/core/examine.ts";
import { unread } from "../../plugin/core/observed.ts";
import type { Policy } from "../../plugin/core/policy.ts";
import type { Claim, Snapshot } from "../../plugin/core/snapshot.ts";
import { absent, live, waiting } from "../../plugin/core/testimony.ts";
import { instant, processTime, seconds } from "../../plugin/core/time.ts";
import type { Verdict } from "../../plugin/core/verdict.ts";
import { claim, job, NOON, policy, says, snapshotAt } from "./given.ts";

/** Looks at each snapshot in turn and answers the last verdict on its first claim. */
function lastVerdict(snapshots: readonly Snapshot[], rules: Policy = policy): Verdict {
  let memory: Memory = new Map();
  let verdict: Verdict | undefined;
  for (const snapshot of snapshots) {
    const examination = examine(snapshot, memory, rules);
    memory = examination.memory;
    verdict = examination.findings[0]?.verdict;
  }
  assert.ok(verdict);
  return verdict;
}

const looks = (moments: readonly number[], of: Claim = claim()) => moments.map((second) => snapshotAt(second, [of]));
const alive = claim({ testimony: [says("session", live("1 run"))] });
const leftOver = (more: Partial<Claim["origin"]> = {}): Partial<Claim> => ({
  origin: { olderThanProcess: true, readBeforeScheduler: true, clockStepped: false, owner: "not-named", ...more },
});

describe("two looks", () => {
  it("releases nothing at first sight", () => {
    assert.equal(lastVerdict(looks([100])).kind, "unknown");
  });

  it("takes the first look only after the grace", () => {
    assert.equal(lastVerdict(looks([0, 40, 81])).kind, "unknown");
  });

  it("is not an orphan just before the second look is due", () => {
    assert.equal(lastVerdict(looks([0, 41, 81])).kind, "unknown");
  });

  it("is an orphan just after the second look is due", () => {
    const verdict = lastVerdict(looks([0, 41, 81.1]));
    assert.equal(verdict.kind, "orphan");
    assert.equal(verdict.kind === "orphan" && verdict.proof, "two-looks");
  });

  it("says when another look can tell more", () => {
    const verdict = lastVerdict(looks([0, 41]));
    assert.equal(verdict.kind === "unknown" && verdict.lookAgain, processTime(81_001));
  });

  it("counts from the end of the first look to the start of the second", () => {
    const slow = { ...snapshotAt(41, [claim()]), looked: { from: processTime(41_000), until: processTime(60_000) } };
    assert.equal(lastVerdict([snapshotAt(0, [claim()]), slow, snapshotAt(82, [claim()])]).kind, "unknown");
  });

  it("starts anew after a sign of life, with the shorter windows", () => {
    const [first, second] = [snapshotAt(0, [claim()]), snapshotAt(41, [claim()])];
    const before = [first, second, snapshotAt(60, [alive])];
    assert.equal(lastVerdict([...before, ...looks([81.1])]).kind, "unknown");
    assert.equal(lastVerdict([...before, ...looks([76, 91])]).kind, "unknown");
    assert.equal(lastVerdict([...before, ...looks([76, 91.1])]).kind, "orphan");
  });

  for (const [what, answer] of [
    ["waiting", waiting("lane")],
    ["unread", unread("EACCES")],
  ] as const) {
    it(`starts anew after an answer of ${what}`, () => {
      const other = claim({ testimony: [says("session", answer)] });
      assert.equal(lastVerdict([...looks([0, 41]), snapshotAt(60, [other]), ...looks([81.1])]).kind, "unknown");
      assert.equal(lastVerdict([...looks([0, 41]), snapshotAt(60, [other]), ...looks([101, 141.1])]).kind, "orphan");
    });
  }

  it("takes another gateway for no sign of life of the run", () => {
    const beside = claim({ testimony: [says("session", absent), says("other-gateway", live("pid 7"))] });
    const seen = [snapshotAt(0, [claim()]), snapshotAt(10, [beside])];
    assert.equal(lastVerdict(seen).kind, "live");
    assert.equal(lastVerdict([...seen, ...looks([26, 42])]).kind, "unknown");
    assert.equal(lastVerdict([...seen, ...looks([51, 92])]).kind, "orphan");
  });

  it("knows a run whose mark moved by some milliseconds for the same run", () => {
    const moved = claim({ mark: { jobId: job().id, startedAt: instant(NOON - 7) } });
    assert.equal(lastVerdict([...looks([0, 41]), snapshotAt(82, [moved])]).kind, "orphan");
  });

  it("knows a new start of the same job for another run", () => {
    const next = claim({ mark: { jobId: job().id, startedAt: instant(NOON + 251) } });
    assert.equal(lastVerdict([...looks([0, 41]), snapshotAt(90, [next])]).kind, "unknown");
  });

  it("gives a gateway that heals by itself its head start", () => {
    const settled = { scheduler: { kind: "settled", healsItself: seconds(130) } } as const;
    const at = (moments: readonly number[]) => moments.map((second) => snapshotAt(second, [claim()], settled));
    assert.equal(lastVerdict(at([0, 41, 90])).kind, "unknown");
    assert.equal(lastVerdict(at([0, 131, 172])).kind, "orphan");
  });
});

describe("doubt", () => {
  const forEver = [0, 41, 82, 123, 10_000, 100_000];
  const never = [
    ["a live witness", claim({ testimony: [says("session", absent), says("active", live("claimed"))] })],
    ["a live veto", claim({ testimony: [says("session", absent), says("ledger", live("active"), "veto")] })],
    ["a waiting run", claim({ testimony: [says("session", absent), says("lane", waiting("2 queued"))] })],
    ["an unread required witness", claim({ testimony: [says("session", unread("no registry"))] })],
    ["an unread owner", claim({ origin: { ...claim().origin, owner: unread("start time") } })],
    ["an owner elsewhere", claim({ origin: { ...claim().origin, owner: "elsewhere" } })],
    ["an unread history", claim({ past: unread("EACCES") })],
    ["a living other gateway", claim({ testimony: [says("other-gateway", live("pid 7"))] })],
    ["a job that is not watched", claim({ job: job({ name: "hands off" }) })],
    ["a left-over mark whose history is unread", claim({ ...leftOver(), past: unread("EACCES") })],
    [
      "a left-over mark and another gateway",
      claim({ ...leftOver(), testimony: [says("other-gateway", live("pid 7"))] }),
    ],
    ["a wiped mark of unknown owner", claim({ standing: "wiped" })],
  ] as const;
  const rules = { ...policy, overrides: [{ job: "hands off", patience: undefined, watch: false }] };
  for (const [what, of] of never) {
    it(`never releases on ${what}`, () => {
      for (let until = 1; until <= forEver.length; until += 1) {
        assert.notEqual(lastVerdict(looks(forEver.slice(0, until), of), rules).kind, "orphan");
      }
    });
  }

  it("never releases while the scheduler is busy", () => {
    const busy = { scheduler: { kind: "busy", because: "is draining", lookAgain: undefined } } as const;
    const snapshots = forEver.map((second) => snapshotAt(second, [claim(leftOver())], busy));
    const verdict = lastVerdict(snapshots);
    assert.equal(verdict.kind, "unknown");
    assert.match(verdict.because, /draining/);
  });

  it("lets an unread veto pass: its silence counts for nothing", () => {
    const of = claim({ testimony: [says("session", absent), says("ledger", unread("slow"), "veto")] });
    assert.equal(lastVerdict(looks([0, 41, 82], of)).kind, "orphan");
  });
});

describe("a dead owner", () => {
  const once = (of: Partial<Claim>) => lastVerdict(looks([1], claim(of)));

  it("needs no second look", () => {
    const verdict = once(leftOver());
    assert.equal(verdict.kind === "orphan" && verdict.proof, "owner-gone");
    assert.equal(once(leftOver({ owner: "gone" })).kind, "orphan");
  });

  for (const [what, origin] of [
    ["the mark is not older than this process", { olderThanProcess: false }],
    ["it was not read before the scheduler started", { readBeforeScheduler: false }],
    ["the clock stepped", { clockStepped: true }],
    ["its receipt names this process", { owner: "here" }],
  ] as const) {
    it(`takes the long way when ${what}`, () => {
      assert.equal(once(leftOver(origin)).kind, "unknown");
    });
  }

  it("takes the long way when the run was ever seen alive", () => {
    const seen = { ...alive, ...leftOver() };
    assert.equal(lastVerdict([snapshotAt(0, [seen]), snapshotAt(1, [claim(leftOver())])]).kind, "unknown");
  });

  it("writes the history of a wiped mark even while the scheduler is busy", () => {
    const busy = { scheduler: { kind: "busy", because: "is catching up", lookAgain: undefined } } as const;
    const wiped = claim({ ...leftOver(), standing: "wiped", testimony: [says("other-gateway", absent)] });
    assert.equal(lastVerdict([snapshotAt(1, [wiped], busy)]).kind, "orphan");
  });
});

describe("incomplete evidence", () => {
  const thin = (timeout: number | undefined) =>
    claim({
      job: job({ timeout: timeout === undefined ? undefined : seconds(timeout) }),
      evidence: { kind: "incomplete", because: "a command backend keeps no session" },
    });
  const watchedFor = (second: number, of: Claim) => lastVerdict(looks([0, 41, 82, second], of));

  for (const [what, timeout, limit] of [
    ["its time-out and a minute, if patience is shorter", 600, 660],
    ["patience, if that is longer than its time-out", 20, 180],
    ["the host's hour and a minute without a time-out", undefined, 3660],
    ["the host's two hours without any limit", 0, 7200],
  ] as const) {
    it(`is kept 1 s inside ${what}`, () => {
      const verdict = watchedFor(limit - 1, thin(timeout));
      assert.equal(verdict.kind, "unknown");
      assert.match(verdict.because, /command backend/);
    });

    it(`goes 1 s beyond ${what}`, () => {
      const verdict = watchedFor(limit + 1, thin(timeout));
      assert.equal(verdict.kind === "orphan" && verdict.proof, "two-looks-and-age");
    });
  }

  it("with no limit is held as long as the job's own override asks", () => {
    const rules = { ...policy, overrides: [{ job: "digest", patience: seconds(9000), watch: true }] };
    assert.equal(lastVerdict(looks([0, 41, 82, 8999], thin(0)), rules).kind, "unknown");
    assert.equal(lastVerdict(looks([0, 41, 82, 9001], thin(0)), rules).kind, "orphan");
  });
});

describe("names for what is not an orphan", () => {
  it("calls a run hung that is alive outside any session beyond patience", () => {
    const stuck = claim({ testimony: [says("session", absent), says("active", live("claimed"))] });
    assert.equal(lastVerdict(looks([10], stuck)).kind, "live");
    assert.equal(lastVerdict(looks([700], stuck)).kind, "hung");
  });

  it("calls a receipt wedged that holds the job a minute after its run ended", () => {
    const receipt = (ended: number | undefined) =>
      claim({
        standing: "receipt-only",
        origin: { ...claim().origin, owner: "here" },
        past: {
          kind: "read",
          value: {
            entry: "the gateway's",
            endedAt: ended as never,
            releases: 0,
            releasedSince: undefined,
            durations: [],
          },
        },
      });
    assert.equal(lastVerdict(looks([50, 109], receipt(NOON + 50_000))).kind, "unknown");
    assert.equal(lastVerdict(looks([50, 110], receipt(NOON + 50_000))).kind, "wedged");
    assert.equal(lastVerdict(looks([900, 1000], receipt(undefined))).kind, "unknown");
  });

  it("calls no receipt wedged that it has not watched itself for a minute", () => {
    const receipt = claim({
      standing: "receipt-only",
      origin: { ...claim().origin, owner: "here" },
      past: {
        kind: "read",
        value: { entry: "the gateway's", endedAt: NOON, releases: 0, releasedSince: undefined, durations: [] },
      },
    });
    assert.equal(lastVerdict(looks([7200, 7259], receipt)).kind, "unknown");
    assert.equal(lastVerdict(looks([7200, 7260], receipt)).kind, "wedged");
    const busy = { ...receipt, testimony: [says("active", live("claimed"))] };
    assert.equal(
      lastVerdict([...looks([7200], receipt), ...looks([7230], busy), ...looks([7260], receipt)]).kind,
      "unknown",
    );
  });
});
