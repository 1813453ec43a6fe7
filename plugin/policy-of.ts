import type { Settings } from "./config.ts";
import type { Policy } from "./core/policy.ts";
import { hours, seconds } from "./core/time.ts";

/** Settings as the decision wants them. */
export function policyOf(settings: Settings, patienceForAll: number | undefined): Policy {
  const { graceSeconds, lookSeconds, endedSeconds, patience, jobs, releasesPer72Hours } = settings;
  return {
    windows: { grace: seconds(graceSeconds), look: seconds(lookSeconds), ended: seconds(endedSeconds) },
    patience: {
      floor: seconds(patience.floorSeconds),
      ceiling: seconds(patience.ceilingSeconds),
      intervals: patience.intervals,
      forAll: patienceForAll === undefined ? undefined : seconds(patienceForAll),
    },
    overrides: Object.entries(jobs).map(([job, { patienceSeconds, watch }]) => ({
      job,
      patience: patienceSeconds === undefined ? undefined : seconds(patienceSeconds),
      watch: watch !== false,
    })),
    budget: { releases: releasesPer72Hours, within: hours(72) },
  };
}
