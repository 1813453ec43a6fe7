import type { Job } from "./job.ts";
import type { Override, Policy } from "./policy.ts";
import { hours, type Millis, millis, minutes, seconds, spoken } from "./time.ts";

/** The effective STUCK_RUN_MS of one job, and where it comes from. */
export interface Patience {
  readonly length: Millis;
  readonly source: string;
}

/** The gateway's own patience with a mark, hard-coded in every version. */
export const HOST_PATIENCE = hours(2);
const HOST_TIMEOUT = minutes(60);
const HOST_CLEANUP = seconds(60);

export const overrideFor = (job: Job, policy: Policy): Override | undefined =>
  policy.overrides.find(({ job: wanted }) => wanted === job.id) ??
  policy.overrides.find(({ job: wanted }) => wanted === job.name);

/** The first source that exists wins; only what was not said for this very job is clamped between floor and ceiling. */
export function patienceFor(job: Job, policy: Policy): Patience {
  const { floor, ceiling, intervals, forAll } = policy.patience;
  const own = overrideFor(job, policy)?.patience;
  if (own !== undefined) return clamped(own, "override of this job", floor, HOST_PATIENCE);
  if (forAll !== undefined) return clamped(forAll, "environment", floor, HOST_PATIENCE);
  if (job.timeout !== undefined && job.timeout > 0) {
    const whole = millis(job.timeout + HOST_CLEANUP);
    return clamped(whole, `timeoutSeconds ${spoken(job.timeout)} + ${spoken(HOST_CLEANUP)}`, floor, ceiling);
  }
  if (job.interval.kind === "unread") {
    return clamped(ceiling, `interval unread: ${job.interval.because}`, floor, ceiling);
  }
  if (job.interval.value === undefined) return clamped(ceiling, "one-shot job, no interval", floor, ceiling);
  const whole = millis(job.interval.value * intervals);
  return clamped(whole, `${intervals} x interval ${spoken(job.interval.value)}`, floor, ceiling);
}

function clamped(wanted: Millis, source: string, floor: Millis, ceiling: Millis): Patience {
  if (wanted < floor) return { length: floor, source: `${source} = ${spoken(wanted)}, floor ${spoken(floor)}` };
  if (wanted > ceiling) return { length: ceiling, source: `${source} = ${spoken(wanted)}, ceiling ${spoken(ceiling)}` };
  return { length: wanted, source: `${source} = ${spoken(wanted)}` };
}

/**
 * How long a mark must have been watched before it may go on incomplete evidence: beyond our patience, and beyond the
 * host's own limit for such a run, so that a run which the host still allows is never cut short by us.
 */
export function incompleteLimit(job: Job, patience: Patience, policy: Policy): Millis {
  const own = overrideFor(job, policy)?.patience ?? millis(0);
  const hostLimit = hostLimitFor(job) ?? Math.max(HOST_PATIENCE, own);
  return millis(Math.max(patience.length, hostLimit));
}

function hostLimitFor(job: Job): Millis | undefined {
  if (job.timeout === undefined) return millis(HOST_TIMEOUT + HOST_CLEANUP);
  return job.timeout > 0 ? millis(job.timeout + HOST_CLEANUP) : undefined;
}
