import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { examine, type Memory } from "../../plugin/core/examine.ts";
import { read, unread } from "../../plugin/core/observed.ts";
import type { Claim, Snapshot } from "../../plugin/core/snapshot.ts";
import { absent, live, spokenTestimony, waiting } from "../../plugin/core/testimony.ts";
import { instant, seconds } from "../../plugin/core/time.ts";
import { claim, job, mark, NOON, policy, says, snapshotAt } from "./given.ts";

const rules = { ...policy, overrides: [{ job: "hands off", patience: undefined, watch: false }] };

function verdictOf(of: Claim, moments: readonly number[] = [1], more: Partial<Snapshot> = {}) {
  let memory: Memory = new Map();
  let last = examine(snapshotAt(0, []), memory, rules);
  for (const moment of moments) {
    last = examine(snapshotAt(moment, [of], more), memory, rules);
    memory = last.memory;
  }
  const verdict = last.findings[0]?.verdict;
  assert.ok(verdict);
  return verdict;
}

const says1 = (answer: Parameters<typeof says>[1]) =>
  claim({ testimony: [says("session", absent), says("lane", answer)] });
const dead = { olderThanProcess: true, readBeforeScheduler: true, clockStepped: false, owner: "not-named" } as const;
const gone = { ...dead, owner: "gone" } as const;
const thin = claim({ evidence: { kind: "incomplete", because: "thin" }, job: job({ timeout: seconds(600) }) });
const receipt = (more: Partial<Claim> = {}) =>
  claim({
    standing: "receipt-only",
    origin: { ...claim().origin, owner: "here" },
    past: read({
      entry: "the gateway's",
      endedAt: instant(NOON + 50_000),
      releases: 0,
      releasedSince: undefined,
      durations: [],
    }),
    ...more,
  });

describe("every verdict says why", () => {
  const table = [
    ["not watched", claim({ job: job({ name: "hands off" }) }), [1], "unknown", "not watched, by its override"],
    ["live", says1(live("2 active")), [1], "live", "lane: 2 active"],
    ["hung", says1(live("2 active")), [700], "hung", "lane: 2 active, but no session"],
    [
      "elsewhere",
      claim({ origin: { ...dead, owner: "elsewhere" } }),
      [1],
      "live",
      "its owner is another living process",
    ],
    ["waiting", says1(waiting("3 queued")), [1], "waiting", "lane: 3 queued"],
    ["unread", says1(unread("EACCES")), [1], "unknown", "lane unread: EACCES"],
    ["owner unread", claim({ origin: { ...dead, owner: unread("pid") } }), [1], "unknown", "owner unread: pid"],
    ["history unread", claim({ past: unread("EIO") }), [1], "unknown", "history unread: EIO"],
    ["wiped", claim({ standing: "wiped" }), [1], "unknown", "its owner is not proven dead"],
    [
      "wiped, thin",
      claim({ standing: "wiped", evidence: thin.evidence }),
      [1],
      "unknown",
      "silent, too early for a first look",
    ],
    ["too early", claim(), [1], "unknown", "silent, too early for a first look"],
    ["first look", claim(), [0, 41], "unknown", "silent at the first look"],
    ["between looks", claim(), [0, 41, 42], "unknown", "silent, too early for the second look"],
    ["two looks", claim(), [0, 41, 82], "orphan", "every witness absent at two looks"],
    ["thin", thin, [0, 41, 82], "unknown", "evidence incomplete: thin; may go 11m after first sight"],
    ["thin and old", thin, [0, 41, 82, 661], "orphan", "absent at two looks, thin, watched 11m"],
    ["left over", claim({ origin: dead }), [1], "orphan", "the mark is older than this process"],
    ["owner gone", claim({ origin: gone }), [1], "orphan", "its owner's pid is gone"],
    [
      "wiped and gone",
      claim({ origin: gone, standing: "wiped" }),
      [1],
      "orphan",
      "its owner's pid is gone, and the gateway cleared it without history",
    ],
    ["wedged", receipt(), [60, 120], "wedged", "the run ended 70s ago, its receipt still holds the job"],
    ["settling", receipt(), [60], "unknown", "ended 10s ago, may still be settling"],
    ["just seen", receipt(), [3600], "unknown", "ended 59m ago, may still be settling"],
    [
      "receipt, a lane left behind",
      receipt({ testimony: [says("lane", live("1 active"))] }),
      [60, 120],
      "wedged",
      "the run ended 70s ago, its receipt still holds the job",
    ],
    [
      "receipt, unread",
      receipt({ testimony: [says("active", unread("EIO"))] }),
      [60, 120],
      "unknown",
      "active unread: EIO",
    ],
    ["receipt, live", receipt({ testimony: [says("session", live("1 run"))] }), [120], "live", "session: 1 run"],
    [
      "a stranger's receipt",
      receipt({ origin: { ...dead, owner: "gone" } }),
      [120],
      "unknown",
      "its receipt is not this process's own",
    ],
    ["receipt, history unread", receipt({ past: unread("EIO") }), [120], "unknown", "history unread: EIO"],
    [
      "receipt, no end",
      receipt({
        past: read({ entry: "none", endedAt: undefined, releases: 0, releasedSince: undefined, durations: [] }),
      }),
      [120],
      "unknown",
      "its receipt runs without a mark, and no entry says that the run ended",
    ],
  ] as const;
  for (const [what, of, moments, kind, because] of table) {
    it(what, () => {
      const verdict = verdictOf(of, moments);
      assert.deepEqual([verdict.kind, verdict.because], [kind, because]);
    });
  }

  it("a busy scheduler, and nothing else, keeps its head start to itself", () => {
    const busy = { scheduler: { kind: "busy", because: "is draining", lookAgain: undefined } } as const;
    assert.equal(verdictOf(claim(), [1], busy).because, "scheduler is draining");
  });

  it("is hung only where the session manager is silent, and only beyond patience", () => {
    const inSession = claim({ testimony: [says("session", live("1 run")), says("lane", live("1"))] });
    assert.equal(verdictOf(inSession, [700]).kind, "live");
    assert.equal(verdictOf(says1(live("1")), [600]).kind, "live");
    assert.equal(verdictOf({ ...says1(live("1")), standing: "wiped" }, [700]).kind, "live");
    assert.equal(
      verdictOf(claim({ testimony: [says("lane", live("1")), says("session", absent)] }), [700]).kind,
      "hung",
    );
    assert.equal(verdictOf(claim({ testimony: [says("lane", live("1"))] }), [700]).kind, "live");
  });

  it("is wedged from the very minute after its end", () => {
    assert.equal(verdictOf(receipt(), [50, 110]).kind, "wedged");
  });
});

it("every answer of every witness is spoken", () => {
  const all = [
    says("session", absent),
    says("lane", live("1")),
    says("tick", waiting("2")),
    says("active", unread("3")),
  ];
  assert.equal(spokenTestimony(all), "session=absent lane=live(1) tick=waiting(2) active=unread(3)");
});

describe("the moment of the next look", () => {
  const lookAgain = (of: Claim, moments: readonly number[]) => {
    const verdict = verdictOf(of, moments);
    return verdict.kind === "unknown" ? verdict.lookAgain : undefined;
  };
  it("is just beyond the limit of thin evidence", () => assert.equal(lookAgain(thin, [0, 41, 82]), 660_001));
  it("is when a receipt has settled", () => assert.equal(lookAgain(receipt(), [60]), 120_000));
});

it("a patience that just ends is not yet passed", () => {
  const at = (second: number) => examine(snapshotAt(second, [claim({ mark: mark() })]), new Map(), policy).findings[0];
  assert.equal(at(600)?.overdue, false);
  assert.equal(at(601)?.overdue, true);
});
