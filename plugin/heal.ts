import { apply, type Outcome } from "./apply.ts";
import { examine, type Memory, nextLook } from "./core/examine.ts";
import { falseSuspicionsIn, type Lessons, NO_LESSONS } from "./core/experience.ts";
import { plan } from "./core/plan.ts";
import type { Policy } from "./core/policy.ts";
import type { ProcessTime } from "./core/time.ts";
import type { Host } from "./host/port.ts";
import type { Recorder } from "./record.ts";

export interface Healer {
  readonly host: Host;
  readonly policy: Policy;
  readonly recorder: Recorder;
}

export interface Pass {
  readonly memory: Memory;
  readonly lessons: Lessons;
  readonly outcomes: readonly Outcome[];
  readonly nextLook: ProcessTime | undefined;
}

/** One pass: look once, judge every run that claims to live, free the orphans, say what was done. */
export async function heal(
  { host, policy, recorder }: Healer,
  memory: Memory,
  lessons: Lessons = NO_LESSONS,
): Promise<Pass> {
  const snapshot = await host.snapshot();
  recorder.looked(snapshot, falseSuspicionsIn(lessons));
  const examination = examine(snapshot, memory, policy, lessons);
  for (const finding of examination.wronglySuspected) recorder.wasWrong(finding, snapshot.at);
  if (examination.suspicion !== undefined) recorder.suspects(examination.suspicion);
  const outcomes: Outcome[] = [];
  for (const action of plan(examination.findings, snapshot.at)) {
    const outcome = await apply(action, host);
    recorder.record(outcome, snapshot.at);
    outcomes.push(outcome);
  }
  const { memory: remembered, lessons: learnt } = examination;
  return { memory: remembered, lessons: learnt, outcomes, nextLook: nextLook(examination.findings) };
}
