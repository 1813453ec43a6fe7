import assert from "node:assert/strict";
import { it } from "node:test";
import { examine } from "../../plugin/core/examine.ts";
import { read, unread } from "../../plugin/core/observed.ts";
import { plan } from "../../plugin/core/plan.ts";
import type { Claim, Past } from "../../plugin/core/snapshot.ts";
import { absent } from "../../plugin/core/testimony.ts";
import { reviewOf } from "../../plugin/core/triage.ts";
import { claim, NOON, policy, says, snapshotAt } from "./given.ts";

const leftOver = {
  olderThanProcess: true,
  readBeforeScheduler: true,
  clockStepped: false,
  owner: "not-named",
} as const;
const planned = (more: Partial<Claim>) => {
  const snapshot = snapshotAt(1, [claim({ origin: leftOver, ...more })]);
  const [action] = plan(examine(snapshot, new Map(), policy).findings, snapshot.at);
  assert.ok(action);
  return action;
};
const past = (more: Partial<Past>) =>
  read({ entry: "none", endedAt: undefined, releases: 0, releasedSince: undefined, durations: [], ...more } as const);

it("releases an orphan with the entry that its run never wrote", () => {
  const action = planned({});
  assert.equal(action.kind, "release");
  assert.match((action.kind === "release" && action.entry?.text) || "", /session=absent lane=absent/);
});

it("releases without an entry where history already tells the run", () => {
  const action = planned({ past: past({ entry: "the gateway's" }) });
  assert.ok(action.kind === "release" && action.entry === undefined);
});

it("leaves what is no orphan", () => {
  assert.equal(planned({ origin: { ...leftOver, olderThanProcess: false } }).kind, "leave");
});

it("leaves an orphan whose history was not read", () => {
  const { findings } = examine(snapshotAt(1, [claim({ origin: leftOver })]), new Map(), policy);
  const blind = findings.map((finding) => ({ ...finding, claim: { ...finding.claim, past: unread("EIO") } }));
  assert.deepEqual(
    plan(blind, snapshotAt(1, []).at).map(({ kind }) => kind),
    ["leave"],
  );
  const [finding] = blind;
  assert.ok(finding);
  assert.equal(reviewOf(finding.claim, finding.verdict, policy), undefined);
});

it("hands a job to the operator that was released too often", () => {
  assert.equal(planned({ past: past({ releases: 2 }) }).kind, "release");
  assert.equal(planned({ past: past({ releases: 3 }) }).kind, "triage");
});

it("writes the history of a wiped mark once, whatever the budget", () => {
  const wiped = { standing: "wiped", testimony: [says("other-gateway", absent)] } as const;
  assert.equal(planned({ ...wiped, past: past({ releases: 9 }) }).kind, "release");
  assert.equal(planned({ ...wiped, past: past({ entry: "ours" }) }).kind, "leave");
});

it("frees a wedge without an entry: the gateway has told its end", () => {
  const wedge = claim({
    standing: "receipt-only",
    origin: { ...claim().origin, owner: "here" },
    past: past({ entry: "the gateway's", endedAt: NOON }),
  });
  const first = examine(snapshotAt(60, [wedge]), new Map(), policy);
  const then = snapshotAt(120, [wedge]);
  const [action] = plan(examine(then, first.memory, policy).findings, then.at);
  assert.ok(action?.kind === "release" && action.entry === undefined);
  const often = { ...wedge, past: past({ entry: "the gateway's", endedAt: NOON, releases: 3 }) };
  const [later] = plan(examine(snapshotAt(120, [often]), first.memory, policy).findings, then.at);
  assert.equal(later?.kind, "triage");
});
