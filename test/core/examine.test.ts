import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { disturbAll, examine, type Memory, nextLook } from "../../plugin/core/examine.ts";
import { jobId } from "../../plugin/core/job.ts";
import { read, unread } from "../../plugin/core/observed.ts";
import type { Claim, Snapshot } from "../../plugin/core/snapshot.ts";
import { absent, live, waiting } from "../../plugin/core/testimony.ts";
import { instant, minutes, processTime } from "../../plugin/core/time.ts";
import { claim, job, mark, NOON, policy, says, snapshotAt } from "./given.ts";

function pass(snapshots: readonly Snapshot[], memory: Memory = new Map()) {
  let last = examine(snapshots[0] as Snapshot, memory, policy);
  for (const snapshot of snapshots.slice(1)) last = examine(snapshot, last.memory, policy);
  return last;
}

const named = (name: string, more: Partial<Claim> = {}): Claim =>
  claim({ mark: mark({ jobId: jobId(name) }), job: job({ id: jobId(name), name }), ...more });
const living = (name: string) => named(name, { testimony: [says("session", live("1 run"))] });
const kinds = (examination: ReturnType<typeof examine>) => examination.findings.map(({ verdict }) => verdict.kind);
const NAMES = ["a", "b", "c", "d"] as const;

describe("suspecting ourselves", () => {
  const alive = NAMES.map(living);

  it("releases none when most runs that were seen alive look dead together", () => {
    const silent = NAMES.map((name) => named(name));
    const at = [0, 16, 32].map((second, index) => snapshotAt(second, index === 0 ? alive : silent));
    const examination = pass(at);
    assert.deepEqual(examination.suspicion, { silent: 4, watched: 4 });
    assert.deepEqual(kinds(examination), ["unknown", "unknown", "unknown", "unknown"]);
  });

  it("goes on distrusting their silence until one is seen again", () => {
    const silent = NAMES.map((name) => named(name));
    const examination = pass([
      snapshotAt(0, alive),
      ...[16, 32, 48, 64, 80, 96].map((second) => snapshotAt(second, silent)),
    ]);
    assert.ok(kinds(examination).every((kind) => kind === "unknown"));
    assert.equal(examination.suspicion, undefined);
  });

  it("does not forget it when one of them finishes between the two looks", () => {
    // Found by test/model: three live runs, their registry emptied, the first look, one run finishes, the second look.
    const silent = NAMES.slice(0, 3).map((name) => named(name));
    const examination = pass([
      snapshotAt(0, NAMES.slice(0, 3).map(living)),
      snapshotAt(16, silent),
      snapshotAt(32, silent.slice(1)),
    ]);
    assert.deepEqual(examination.suspicion, { silent: 2, watched: 2 });
    assert.deepEqual(kinds(examination), ["unknown", "unknown"]);
  });

  it("releases the one that died while others live", () => {
    const one = [named("a"), ...NAMES.slice(1).map(living)];
    const examination = pass([0, 16, 32].map((second, index) => snapshotAt(second, index === 0 ? alive : one)));
    assert.deepEqual(kinds(examination), ["orphan", "live", "live", "live"]);
  });

  it("suspects itself when more than half are silent, though others are seen alive, and touches no other", () => {
    const five = [...NAMES, "e"];
    const bystander = named("bystander");
    const silent = [...NAMES.slice(0, 3).map((name) => named(name)), living("d"), living("e")];
    const memory = pass([
      snapshotAt(0, [bystander]),
      snapshotAt(41, [bystander, ...five.map(living)]),
      snapshotAt(67, [bystander, ...silent]),
    ]).memory;
    const suspecting = examine(snapshotAt(83, [bystander, ...silent, named("new")]), memory, policy);
    assert.deepEqual(suspecting.suspicion, { silent: 3, watched: 5 });
    const because = "most runs went silent at once";
    assert.deepEqual(
      suspecting.findings.map(({ verdict }) => (verdict.because === because ? "distrusted" : verdict.kind)),
      ["distrusted", "distrusted", "distrusted", "distrusted", "live", "live", "unknown"],
    );
    const next = examine(snapshotAt(90, [named("new")]), suspecting.memory, policy);
    assert.equal(next.memory.get("held new")?.sighting.quietSince, 83_000);
    const later = pass(
      [125, 167].map((second) => snapshotAt(second, [bystander, ...silent])),
      suspecting.memory,
    );
    assert.deepEqual(kinds(later).slice(0, 4), ["orphan", "unknown", "unknown", "unknown"]);
    assert.match(later.findings[1]?.verdict.because ?? "", /incomplete: its witnesses went silent together with most/);
  });

  it("suspects itself when three of five are silent, two at their first look and one at its second", () => {
    const five = [...NAMES, "e"];
    const others = [living("d"), living("e")];
    const memory = pass([
      snapshotAt(0, five.map(living)),
      snapshotAt(16, [named("a"), living("b"), living("c"), ...others]),
    ]).memory;
    const silent = [...NAMES.slice(0, 3).map((name) => named(name)), ...others];
    const examination = examine(snapshotAt(32, silent), memory, policy);
    assert.deepEqual(examination.suspicion, { silent: 3, watched: 5 });
    assert.match(examination.findings[1]?.verdict.because ?? "", /^silent/);
    assert.equal(examination.memory.get("held b")?.sighting.distrusted, true);
    assert.equal(examination.memory.get("held d")?.sighting.distrusted, false);
  });

  it("does not suspect itself while half of the runs are seen alive", () => {
    const six = [...NAMES, "e", "f"];
    const half = [...six.slice(0, 3).map((name) => named(name)), ...six.slice(3).map(living)];
    const examination = pass(
      [0, 16, 32].map((second, index) => snapshotAt(second, index === 0 ? six.map(living) : half)),
    );
    assert.deepEqual(kinds(examination), ["orphan", "orphan", "orphan", "live", "live", "live"]);
  });

  it("still frees what a dead process left over", () => {
    const origin = { olderThanProcess: true, readBeforeScheduler: true, clockStepped: false, owner: "gone" } as const;
    const silent = [...NAMES.map((name) => named(name)), named("left over", { origin })];
    const examination = pass([0, 16, 32].map((second, index) => snapshotAt(second, index === 0 ? alive : silent)));
    assert.deepEqual(kinds(examination), ["unknown", "unknown", "unknown", "unknown", "orphan"]);
    assert.deepEqual(examination.suspicion, { silent: 4, watched: 4 });
  });

  describe("when nobody ever saw them alive", () => {
    const silent = NAMES.map((name) => named(name));
    const from0to = (seconds: readonly number[], claims: readonly Claim[]) =>
      pass(seconds.map((second) => snapshotAt(second, claims)));

    it("releases two that look dead together", () => {
      assert.deepEqual(kinds(from0to([0, 41, 82], silent.slice(0, 2))), ["orphan", "orphan"]);
    });

    it("releases none of three or more, with one alarm, until the gateway's own limit for them has passed", () => {
      const suspecting = from0to([0, 41, 82], silent.slice(0, 3));
      assert.deepEqual(suspecting.suspicion, { silent: 3, watched: 3 });
      assert.deepEqual(kinds(suspecting), ["unknown", "unknown", "unknown"]);
      let { memory } = suspecting;
      for (const second of [124, 166, 1000, 3660]) {
        const later = examine(snapshotAt(second, silent.slice(0, 3)), memory, policy);
        assert.equal(later.suspicion, undefined);
        assert.deepEqual(kinds(later), ["unknown", "unknown", "unknown"]);
        memory = later.memory;
      }
      const last = examine(snapshotAt(3661, silent.slice(0, 3)), memory, policy);
      assert.deepEqual(kinds(last), ["orphan", "orphan", "orphan"]);
    });

    it("does not forget it when one of them finishes, nor raises a second alarm for those that came later", () => {
      const three = silent.slice(0, 3);
      const struck = pass([snapshotAt(0, three.slice(0, 2)), snapshotAt(10, three), snapshotAt(52, three)]);
      const rest = examine(snapshotAt(94, three.slice(1)), struck.memory, policy);
      assert.deepEqual(rest.suspicion, { silent: 2, watched: 2 });
      const after = examine(snapshotAt(200, three.slice(1)), rest.memory, policy);
      assert.equal(after.suspicion, undefined);
      assert.deepEqual(kinds(after), ["unknown", "unknown"]);
    });

    it("releases them while another run shows that the witnesses can speak", () => {
      for (const other of [live("1 run"), waiting("a batch")]) {
        const beside = [...silent, named("other", { testimony: [says("session", other)] })];
        const all = kinds(from0to([0, 41, 82], beside));
        assert.deepEqual(all.slice(0, 4), ["orphan", "orphan", "orphan", "orphan"]);
      }
    });

    it("does not hold against one that it was silent while others only began", () => {
      const starting = snapshotAt(0, silent.slice(0, 3));
      const begun = [silent[0] as Claim, living("b"), living("c")];
      const examination = pass([starting, snapshotAt(10, begun), snapshotAt(41, begun), snapshotAt(82, begun)]);
      assert.equal(examination.suspicion, undefined);
      assert.deepEqual(kinds(examination), ["orphan", "live", "live"]);
    });

    it("releases them beside one that hangs", () => {
      const hung = named("other", { testimony: [says("session", absent), says("active", live("1 run"))] });
      const beside = [...silent, hung];
      const examination = pass([700, 741, 782].map((second) => snapshotAt(second, beside)));
      assert.deepEqual(kinds(examination), ["orphan", "orphan", "orphan", "orphan", "hung"]);
    });

    it("lets them go at the host's own limit, below the two hours after which it wipes the mark, whatever our patience", () => {
      const hourly = NAMES.map((name) =>
        named(name, { job: job({ id: jobId(name), name, interval: read(minutes(60)) }) }),
      );
      assert.ok(kinds(from0to([0, 41, 82, 130, 3660], hourly)).every((kind) => kind === "unknown"));
      assert.ok(kinds(from0to([0, 41, 82, 130, 3661], hourly)).every((kind) => kind === "orphan"));
    });

    it("counts only those past their first look", () => {
      const examination = pass([
        snapshotAt(0, silent.slice(0, 2)),
        snapshotAt(41, silent.slice(0, 2)),
        snapshotAt(82, silent),
      ]);
      assert.deepEqual(kinds(examination), ["orphan", "orphan", "unknown", "unknown"]);
    });
  });

  it("releases fifty at once whose owner is provably dead", () => {
    const gone = { olderThanProcess: true, readBeforeScheduler: true, clockStepped: false, owner: "gone" } as const;
    const fifty = Array.from({ length: 50 }, (_, index) => named(`job ${index}`, { origin: gone }));
    const examination = pass([snapshotAt(1, fifty)]);
    assert.equal(examination.suspicion, undefined);
    assert.ok(kinds(examination).every((kind) => kind === "orphan"));
  });
});

describe("memory", () => {
  it("forgets a mark that is gone", () => {
    assert.equal(pass([snapshotAt(0, [claim()]), snapshotAt(1, [])]).memory.size, 0);
  });

  it("drops all strikes after a stall", () => {
    const struck = pass([snapshotAt(0, [claim()]), snapshotAt(41, [claim()])]).memory;
    assert.deepEqual(kinds(examine(snapshotAt(82, [claim()]), struck, policy)), ["orphan"]);
    const disturbed = disturbAll(struck, processTime(50_000));
    assert.deepEqual(kinds(examine(snapshotAt(82, [claim()]), disturbed, policy)), ["unknown"]);
    assert.deepEqual(
      [...disturbed.values()].map(({ sighting }) => sighting.firstSeen),
      [0],
    );
  });
});

it("patience is learnt from the history of the very job, as far as it can be read", () => {
  const durations = Array.from({ length: 20 }, () => minutes(1));
  const known = read({ entry: "none", endedAt: undefined, releases: 0, releasedSince: undefined, durations } as const);
  const patienceOf = (past: Claim["past"]) => pass([snapshotAt(0, [claim({ past })])]).findings[0]?.patience.source;
  assert.equal(patienceOf(known), "p99 60s of 20 runs x 3 = 3m");
  assert.equal(patienceOf(unread("EIO")), "2 x interval 5m = 10m");
});

describe("a false suspicion", () => {
  const job1 = [snapshotAt(0, [claim()]), snapshotAt(41, [claim()])];
  const alive = claim({ testimony: [says("session", live("1 run"))] });

  it("is a first look that a sign of life undid, and raises the patience of that job from then on", () => {
    const struck = pass(job1);
    assert.deepEqual([struck.wronglySuspected.length, struck.lessons.size], [0, 0]);
    const seen = examine(snapshotAt(50, [alive]), struck.memory, policy, struck.lessons);
    assert.deepEqual([seen.wronglySuspected.length, seen.lessons.get("job-1")], [1, 1]);
    assert.equal(seen.findings[0]?.patience.length, minutes(10));
    const next = examine(snapshotAt(60, [alive]), seen.memory, policy, seen.lessons);
    assert.deepEqual([next.wronglySuspected.length, next.lessons.get("job-1")], [0, 1]);
    assert.equal(next.findings[0]?.patience.length, minutes(20));
  });

  it("is none without a first look, by a mere queue or by another gateway", () => {
    const early = pass([snapshotAt(0, [claim()]), snapshotAt(30, [alive])]);
    assert.equal(early.wronglySuspected.length, 0);
    const struck = pass(job1).memory;
    for (const testimony of [[says("tick", waiting("a batch"))], [says("other-gateway", live("pid 7"))]]) {
      assert.equal(examine(snapshotAt(50, [claim({ testimony })]), struck, policy).wronglySuspected.length, 0);
    }
  });

  it("is one for each run that fell silent with most others and lives", () => {
    const silent = NAMES.map((name) => named(name));
    const at = [0, 16, 32].map((second, index) => snapshotAt(second, index === 0 ? NAMES.map(living) : silent));
    const seen = examine(snapshotAt(40, NAMES.map(living)), pass(at).memory, policy);
    assert.equal(seen.lessons.size, 4);
  });
});

describe("a job that was released too often", () => {
  const origin = { olderThanProcess: true, readBeforeScheduler: true, clockStepped: false, owner: "gone" } as const;
  const released = (releases: number, more: Partial<Claim> = {}) =>
    claim({
      origin,
      past: read({ entry: "none", endedAt: undefined, releases, releasedSince: instant(NOON - 5000), durations: [] }),
      ...more,
    });

  it("needs review from the fourth orphan in 72 hours on, with the reason and since when", () => {
    assert.equal(pass([snapshotAt(1, [released(2)])]).findings[0]?.review, undefined);
    assert.deepEqual(pass([snapshotAt(1, [released(3)])]).findings[0]?.review, {
      reason: "released 3 times in 72h00m without a good run between",
      since: instant(NOON - 5000),
      releases: 3,
    });
  });

  it("needs none while it is no orphan, or to have its lost history written", () => {
    const alive = released(3, { testimony: [says("session", live("1 run"))] });
    assert.equal(pass([snapshotAt(1, [alive])]).findings[0]?.review, undefined);
    assert.equal(pass([snapshotAt(1, [released(3, { standing: "wiped" })])]).findings[0]?.review, undefined);
  });

  it("is said once for one mark, beyond its patience and after a doubt too", () => {
    const doubt = released(3, { testimony: [says("session", unread("EACCES"))] });
    let memory: Memory = new Map();
    const news = [released(3), released(3), doubt, released(3)].map((each, index) => {
      const seen = examine(snapshotAt([1, 31, 61, 9000][index] ?? 0, [each]), memory, policy);
      memory = seen.memory;
      return seen.findings[0]?.news;
    });
    assert.deepEqual(news, [true, false, true, false]);
    const first = pass([snapshotAt(1, [doubt])]);
    assert.equal(examine(snapshotAt(31, [released(3)]), first.memory, policy).findings[0]?.news, true);
    const next = examine(
      snapshotAt(9001, [released(3, { mark: mark({ startedAt: instant(NOON + 999) }) })]),
      memory,
      policy,
    );
    assert.equal(next.findings[0]?.news, true);
  });
});

describe("news", () => {
  const unreadable = claim({ testimony: [says("session", unread("EACCES"))] });

  it("says a doubt once, and again when patience has passed", () => {
    const first = pass([snapshotAt(1, [unreadable])]);
    const second = examine(snapshotAt(31, [unreadable]), first.memory, policy);
    const late = examine(snapshotAt(700, [unreadable]), second.memory, policy);
    const later = examine(snapshotAt(730, [unreadable]), late.memory, policy);
    assert.deepEqual(
      [first, second, late, later].map(({ findings }) => findings[0]?.news),
      [true, false, true, false],
    );
  });

  it("says a doubt that follows a mere silence", () => {
    const silent = pass([snapshotAt(1, [claim()])]);
    assert.equal(examine(snapshotAt(2, [unreadable]), silent.memory, policy).findings[0]?.news, true);
  });
});

it("the next look is the earliest that can tell more", () => {
  const seen = pass([snapshotAt(0, [named("a")]), snapshotAt(20, [named("a"), named("b")])]);
  assert.equal(nextLook(seen.findings), processTime(40_001));
  assert.equal(nextLook(pass([snapshotAt(0, [living("a")])]).findings), undefined);
  const doubted = named("b", { testimony: [says("session", unread("EACCES"))] });
  assert.equal(nextLook(pass([snapshotAt(0, [doubted])]).findings), undefined);
  assert.equal(nextLook(pass([snapshotAt(0, [doubted, living("c"), named("a")])]).findings), processTime(40_001));
});
