import { type Experience, longestUsual, NO_EXPERIENCE } from "./experience.ts";
import type { Job } from "./job.ts";
import type { Override, PatiencePolicy, Policy } from "./policy.ts";
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

/**
 * The first source that exists wins; only what was not said for this very job is clamped between floor and ceiling. What
 * an operator said is not second-guessed by experience.
 */
export function patienceFor(job: Job, policy: Policy, experience: Experience = NO_EXPERIENCE): Patience {
  const { floor, ceiling, forAll } = policy.patience;
  const own = overrideFor(job, policy)?.patience;
  if (own !== undefined) return clamped(own, "override of this job", floor, HOST_PATIENCE);
  if (forAll !== undefined) return clamped(forAll, "environment", floor, HOST_PATIENCE);
  const [wanted, source] = byTimeout(job) ?? shorter(bySchedule(job, policy.patience), byRuns(experience));
  return raised(clamped(wanted, source, floor, ceiling), experience.falseSuspicions, ceiling);
}

type Wanted = readonly [Millis, source: string];

function byTimeout({ timeout }: Job): Wanted | undefined {
  if (timeout === undefined || timeout <= 0) return undefined;
  return [millis(timeout + HOST_CLEANUP), `timeoutSeconds ${spoken(timeout)} + ${spoken(HOST_CLEANUP)}`];
}

function bySchedule({ interval }: Job, { ceiling, intervals }: PatiencePolicy): Wanted {
  if (interval.kind === "unread") return [ceiling, `interval unread: ${interval.because}`];
  if (interval.value === undefined) return [ceiling, "one-shot job, no interval"];
  return [millis(interval.value * intervals), `${intervals} x interval ${spoken(interval.value)}`];
}

const LONGEST_USUALS = 3;

function byRuns({ durations }: Experience): Wanted | undefined {
  const usual = longestUsual(durations);
  if (usual === undefined) return undefined;
  return [millis(usual * LONGEST_USUALS), `p99 ${spoken(usual)} of ${durations.length} runs x ${LONGEST_USUALS}`];
}

/** What the runs teach may only make patience shorter. */
const shorter = (one: Wanted, other: Wanted | undefined): Wanted =>
  other !== undefined && other[0] < one[0] ? other : one;

/** A run that was silent and alive after all: the next silence of this job is given twice the time. */
function raised(patience: Patience, times: number, ceiling: Millis): Patience {
  const length = millis(Math.min(ceiling, patience.length * 2 ** times));
  if (length <= patience.length) return patience;
  return { length, source: `${patience.source}, raised to ${spoken(length)} by ${times} false suspicion(s)` };
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

/**
 * The same for a run about which every witness can be believed, but for the company in which they fell silent: the host's
 * own limit, or what the operator asked for, but no patience of our own making: it may end only after the two hours at
 * which the host clears the mark and tells nothing.
 */
export function distrustLimit(job: Job, patience: Patience, policy: Policy): Millis {
  const asked = overrideFor(job, policy)?.patience ?? policy.patience.forAll ?? millis(0);
  const hostLimit = hostLimitFor(job) ?? HOST_PATIENCE;
  return millis(Math.min(incompleteLimit(job, patience, policy), Math.max(hostLimit, asked)));
}

function hostLimitFor(job: Job): Millis | undefined {
  if (job.timeout === undefined) return millis(HOST_TIMEOUT + HOST_CLEANUP);
  return job.timeout > 0 ? millis(job.timeout + HOST_CLEANUP) : undefined;
}
