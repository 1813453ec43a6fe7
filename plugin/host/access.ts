import type { Instant } from "../core/time.ts";
import type { Briefing } from "./briefing.ts";
import type { ProcessClock } from "./process-clock.ts";
import type { ScheduleGap } from "./schedule-gap.ts";
import type { SessionRows } from "./session-rows.ts";

/** What an adapter is given to look with. */
export interface Access {
  readonly stateDir: string;
  readonly clock: ProcessClock;
  readonly schedules: ScheduleGap;
  readonly briefing: Briefing;
  /** The gateway's session store, where it shows one to plugins. */
  sessions(): SessionRows | undefined;
  /** Releases before this moment no longer count against a job's budget. */
  budgetSince(at: Instant): Instant;
}
