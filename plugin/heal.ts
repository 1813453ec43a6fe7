import { apply, type Outcome } from "./apply.ts";
import { examine, type Memory, nextLook } from "./core/examine.ts";
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
  readonly outcomes: readonly Outcome[];
  readonly nextLook: ProcessTime | undefined;
}

/** One pass: look once, judge every run that claims to live, free the orphans, say what was done. */
export async function heal({ host, policy, recorder }: Healer, memory: Memory): Promise<Pass> {
  const snapshot = await host.snapshot();
  recorder.looked(snapshot);
  const examination = examine(snapshot, memory, policy);
  if (examination.suspicion !== undefined) recorder.suspects(examination.suspicion);
  const outcomes: Outcome[] = [];
  for (const action of plan(examination.findings, snapshot.at, policy)) {
    const outcome = await apply(action, host);
    recorder.record(outcome, snapshot.at);
    outcomes.push(outcome);
  }
  return { memory: examination.memory, outcomes, nextLook: nextLook(examination.findings) };
}
