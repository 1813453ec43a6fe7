import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { disturbAll, examine, type Memory, nextLook } from "../../plugin/core/examine.ts";
import { jobId } from "../../plugin/core/job.ts";
import { unread } from "../../plugin/core/observed.ts";
import type { Claim, Snapshot } from "../../plugin/core/snapshot.ts";
import { live, waiting } from "../../plugin/core/testimony.ts";
import { minutes, processTime } from "../../plugin/core/time.ts";
import { claim, job, mark, policy, says, snapshotAt } from "./given.ts";

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

  it("releases many marks that nobody ever saw alive", () => {
    const planted = NAMES.map((name) => named(name));
    const examination = pass([0, 41, 82].map((second) => snapshotAt(second, planted)));
    assert.deepEqual(kinds(examination), ["orphan", "orphan", "orphan", "orphan"]);
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
  });
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
});
