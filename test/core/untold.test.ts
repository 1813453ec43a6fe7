import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { examine, type Memory } from "../../plugin/core/examine.ts";
import { jobId } from "../../plugin/core/job.ts";
import { read } from "../../plugin/core/observed.ts";
import { type Action, plan } from "../../plugin/core/plan.ts";
import type { Claim, Past, Snapshot } from "../../plugin/core/snapshot.ts";
import { absent, live } from "../../plugin/core/testimony.ts";
import { seconds } from "../../plugin/core/time.ts";
import { claim, job, mark, policy, says, snapshotAt } from "./given.ts";

const untold = (more: Partial<Claim> = {}): Claim =>
  claim({ standing: "untold", testimony: [says("other-gateway", absent)], ...more });

const past = (more: Partial<Past>) =>
  read({ entry: "none", endedAt: undefined, releases: 0, releasedSince: undefined, durations: [], ...more } as const);

/** What is done at the last of these looks. */
function lastAction(snapshots: readonly Snapshot[]): Action {
  let memory: Memory = new Map();
  let action: Action | undefined;
  for (const snapshot of snapshots) {
    const examination = examine(snapshot, memory, policy);
    memory = examination.memory;
    [action] = plan(examination.findings, snapshot.at);
  }
  assert.ok(action);
  return action;
}

const looks = (moments: readonly number[], of = untold()) => moments.map((second) => snapshotAt(second, [of]));

describe("a run that the gateway gave up by itself, without history", () => {
  it("gets its entry after two looks, and the entry says so", () => {
    assert.equal(lastAction(looks([0, 41])).kind, "leave");
    const action = lastAction(looks([0, 41, 82]));
    assert.ok(action.kind === "release");
    assert.match(action.entry?.text ?? "", /run lost: the gateway cleared it without history, every witness absent/);
  });

  it("gets none that the gateway writes meanwhile", () => {
    const told = untold({ past: past({ entry: "the gateway's" }) });
    assert.equal(lastAction([...looks([0, 41]), snapshotAt(82, [told])]).kind, "leave");
  });

  it("does not wait for a tick: what is given up is not healed again", () => {
    const scheduler = { kind: "settled", healsItself: seconds(130) } as const;
    const snapshots = [0, 41, 82].map((second) => snapshotAt(second, [untold()], { scheduler }));
    assert.equal(lastAction(snapshots).kind, "release");
  });

  it("waits while the scheduler is busy: it may be about to tell", () => {
    const busy = { scheduler: { kind: "busy", because: "is reconciling its store", lookAgain: undefined } } as const;
    assert.equal(lastAction([...looks([0, 41]), snapshotAt(82, [untold()], busy)]).kind, "leave");
  });

  it("is left alone while anything of it may live", () => {
    const alive = untold({ testimony: [says("active", live("among the active jobs"))] });
    assert.equal(lastAction([...looks([0, 41]), snapshotAt(82, [alive])]).kind, "leave");
  });

  it("is no sign that the witnesses fell silent: two orphans beside it are released", () => {
    const of = (id: string) => ({ mark: mark({ jobId: jobId(id) }), job: job({ id: jobId(id) }) });
    const claims = [claim(of("1")), claim(of("2")), untold(of("3"))];
    assert.equal(lastAction([0, 41, 82].map((second) => snapshotAt(second, claims))).kind, "release");
  });

  it("is told however often the job was released: nothing is released by it", () => {
    const often = untold({ past: past({ releases: 9 }) });
    assert.equal(lastAction(looks([0, 41, 82], often)).kind, "release");
  });
});
