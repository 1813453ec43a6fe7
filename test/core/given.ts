import { type Job, jobId, type RunMark } from "../../plugin/core/job.ts";
import { read } from "../../plugin/core/observed.ts";
import type { Policy } from "../../plugin/core/policy.ts";
import type { Claim, Snapshot } from "../../plugin/core/snapshot.ts";
import { type Answer, absent, type Testimony, type WitnessName } from "../../plugin/core/testimony.ts";
import { hours, instant, minutes, processTime, seconds } from "../../plugin/core/time.ts";

export const NOON = instant(Date.UTC(2026, 10, 20, 12));

export const policy: Policy = {
  windows: { grace: seconds(40), look: seconds(40), ended: seconds(15) },
  patience: { floor: seconds(180), ceiling: hours(2), intervals: 2, forAll: undefined },
  overrides: [],
  budget: { releases: 3, within: hours(72) },
};

export const job = (more: Partial<Job> = {}): Job => ({
  id: jobId("job-1"),
  name: "digest",
  agentId: "main",
  timeout: undefined,
  interval: read(minutes(5)),
  ...more,
});

export const mark = (more: Partial<RunMark> = {}): RunMark => ({ jobId: jobId("job-1"), startedAt: NOON, ...more });

export const says = (witness: WitnessName, answer: Answer, role: Testimony["role"] = "required"): Testimony => ({
  witness,
  role,
  answer,
});

/** A mark of this process about which every witness says absent, with complete evidence. */
export const claim = (more: Partial<Claim> = {}): Claim => ({
  mark: mark(),
  standing: "held",
  job: job(),
  testimony: [says("session", absent), says("lane", absent), says("other-gateway", absent)],
  evidence: { kind: "complete", because: "test" },
  origin: { olderThanProcess: false, readBeforeScheduler: false, clockStepped: false, owner: "not-named" },
  past: read({ entry: "none", endedAt: undefined, releases: 0, releasedSince: undefined, durations: [] }),
  ...more,
});

/** A snapshot taken so many seconds of process time after the process began, in no time at all. */
export const snapshotAt = (second: number, claims: readonly Claim[], more: Partial<Snapshot> = {}): Snapshot => ({
  at: instant(NOON + second * 1000),
  looked: { from: processTime(second * 1000), until: processTime(second * 1000) },
  scheduler: { kind: "settled", healsItself: undefined },
  claims,
  unread: [],
  ...more,
});
