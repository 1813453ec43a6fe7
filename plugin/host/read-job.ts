import { type Job, jobId, type RunMark } from "../core/job.ts";
import { type Instant, instant, millis } from "../core/time.ts";
import type { ScheduleGap } from "./schedule-gap.ts";
import { numberIn, property, shaped, textIn } from "./shape.ts";

/** An isolated agent job as the store shows it, not yet looked into. */
export interface RawJob {
  readonly id: string;
  readonly mark: RunMark | undefined;
  readonly definition: unknown;
  /** Its state is none that we know: whether it is marked cannot be told. */
  readonly odd: boolean;
  /** The start of the last run whose result the job's state knows. */
  readonly settledUntil: number | undefined;
}

/** Only isolated agent turns that are switched on are ours; any other job is never touched, whatever its state. */
export function rawJob(definition: unknown, state: unknown = property(definition, "state")): RawJob | undefined {
  const id = textIn(definition, "id");
  if (id === undefined || id === "") return undefined;
  if (property(definition, "enabled") === false) return undefined;
  if (textIn(definition, "sessionTarget") !== "isolated") return undefined;
  if (textIn(property(definition, "payload"), "kind") !== "agentTurn") return undefined;
  const startedAt = numberIn(state, "runningAtMs");
  return {
    id,
    definition,
    odd: isOdd(state),
    settledUntil: numberIn(state, "lastRunAtMs"),
    mark: startedAt === undefined ? undefined : { jobId: jobId(id), startedAt: instant(startedAt) },
  };
}

export function isOdd(state: unknown): boolean {
  if (state === undefined || state === null) return false;
  const mark = property(state, "runningAtMs");
  return (
    shaped(state) === undefined || (mark !== undefined && mark !== null && numberIn(state, "runningAtMs") === undefined)
  );
}

/** The jobs whose marks cannot be read, in one sentence; none if there are none. */
export function unreadMarks(ids: readonly string[]): readonly string[] {
  if (ids.length === 0) return [];
  const more = ids.length > 3 ? ` and ${ids.length - 3} more` : "";
  return [`the state of job ${ids.slice(0, 3).join(", ")}${more} is of no shape that the plugin knows`];
}

export const oddAmong = (jobs: readonly RawJob[]): readonly string[] =>
  unreadMarks(jobs.filter(({ odd }) => odd).map(({ id }) => id));

export async function readJob(definition: unknown, schedules: ScheduleGap): Promise<Job> {
  const id = textIn(definition, "id") ?? "";
  const timeoutSeconds = numberIn(property(definition, "payload"), "timeoutSeconds");
  return {
    id: jobId(id),
    name: textIn(definition, "name") ?? id,
    agentId: textIn(definition, "agentId") ?? "main",
    timeout: timeoutSeconds === undefined ? undefined : millis(timeoutSeconds * 1000),
    interval: await schedules.of(property(definition, "schedule")),
  };
}

export const nextRunOf = (state: unknown): Instant | undefined => {
  const next = numberIn(state, "nextRunAtMs");
  return next === undefined ? undefined : instant(next);
};
