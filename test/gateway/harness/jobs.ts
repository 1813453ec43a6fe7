import type { Gateway } from "./gateway.ts";
import { type Patience, until } from "./until.ts";

export interface JobSpec {
  readonly name: string;
  /** Tags for the fake model; `[[job:NAME]]` is added. */
  readonly prompt?: string;
  /** Milliseconds; every 30 minutes unless one of the three is given. */
  readonly every?: number;
  readonly cron?: string;
  readonly at?: Date;
  readonly timeoutSeconds?: number;
  /** The home's own unless given. */
  readonly model?: string;
  /** Nowhere unless given. */
  readonly deliver?: { readonly channel: string; readonly to: string };
  readonly sessionTarget?: "isolated" | "main";
  readonly enabled?: boolean;
}

export interface JobState {
  readonly runningAtMs?: number;
  readonly queuedAtMs?: number;
  readonly nextRunAtMs?: number;
  readonly lastRunAtMs?: number;
  readonly lastStatus?: string;
  readonly lastRunStatus?: string;
  readonly lastError?: string;
  readonly consecutiveErrors?: number;
  readonly runningReceiptId?: string;
}

export interface Job {
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly state: JobState;
}

export interface HistoryEntry {
  readonly ts: number;
  readonly jobId: string;
  readonly action: string;
  readonly status: string;
  readonly error?: string;
  readonly summary?: string;
  readonly runAtMs?: number;
  readonly durationMs?: number;
  readonly sessionId?: string;
  readonly runId?: string;
}

export type RunAnswer =
  | { readonly kind: "enqueued"; readonly runId: string | undefined }
  | { readonly kind: "refused"; readonly reason: string };

export async function addJob(gateway: Gateway, spec: JobSpec): Promise<string> {
  const { sessionTarget = "isolated", deliver, timeoutSeconds, model } = spec;
  const message = `[[job:${spec.name}]] ${spec.prompt ?? "[[answer]]"}`;
  const job = await gateway.call<Job>("cron.add", {
    name: spec.name,
    enabled: spec.enabled ?? true,
    schedule: scheduleOf(spec),
    sessionTarget,
    wakeMode: "now",
    payload:
      sessionTarget === "main"
        ? { kind: "systemEvent", text: message }
        : {
            kind: "agentTurn",
            message,
            lightContext: true,
            // A run without tools starts sooner; a CLI backend cannot promise it and refuses.
            ...(gateway.home.cliBackend && model === undefined ? {} : { toolsAllow: [] }),
            ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
            ...(model === undefined ? {} : { model }),
          },
    ...(sessionTarget === "main" ? {} : { delivery: deliver ? { mode: "announce", ...deliver } : { mode: "none" } }),
  });
  return job.id;
}

function scheduleOf({ every = 30 * 60_000, cron, at }: JobSpec): object {
  if (cron !== undefined) return { kind: "cron", expr: cron, tz: "UTC" };
  if (at !== undefined) return { kind: "at", at: at.toISOString() };
  return { kind: "every", everyMs: every };
}

/** What `openclaw cron run` does. */
export async function runNow(gateway: Gateway, id: string): Promise<RunAnswer> {
  const answer = await gateway.call<{ enqueued?: boolean; ran?: boolean; reason?: string; runId?: string }>(
    "cron.run",
    {
      id,
      mode: "force",
    },
  );
  if (answer.enqueued || answer.ran) return { kind: "enqueued", runId: answer.runId };
  return { kind: "refused", reason: answer.reason ?? "unknown" };
}

export async function jobs(gateway: Gateway): Promise<readonly Job[]> {
  return (await gateway.call<{ jobs: readonly Job[] }>("cron.list", { includeDisabled: true, limit: 200 })).jobs;
}

/** The row of `openclaw cron list`, with the status that it would print. */
export async function listed(gateway: Gateway, id: string): Promise<Job & { readonly status: string }> {
  const job = (await jobs(gateway)).find((candidate) => candidate.id === id);
  if (!job) throw new Error(`no job ${id} in the list`);
  return { ...job, status: statusOf(job) };
}

function statusOf({ enabled, state }: Job): string {
  if (!enabled) return "disabled";
  if (state.runningAtMs) return "running";
  return state.lastRunStatus ?? state.lastStatus ?? "idle";
}

/** What `openclaw cron runs --id` prints, newest first. */
export async function history(gateway: Gateway, id: string): Promise<readonly HistoryEntry[]> {
  return (await gateway.call<{ entries: readonly HistoryEntry[] }>("cron.runs", { id, limit: 200 })).entries;
}

/** Waits for at least so many finished runs. */
export function waitForHistory(gateway: Gateway, id: string, count: number, patience?: Patience) {
  const enough = async (): Promise<readonly HistoryEntry[] | false> => {
    const entries = await history(gateway, id);
    return entries.length >= count && entries;
  };
  return until(`job ${id} has ${count} history entries`, enough, { timeout: 90_000, interval: 100, ...patience });
}

/** Makes the scheduler itself start the job, in the given milliseconds from now. */
export async function makeDue(gateway: Gateway, id: string, milliseconds = 0): Promise<void> {
  await gateway.call("cron.update", { id, patch: { state: { nextRunAtMs: Date.now() + milliseconds } } });
}

export async function removeJob(gateway: Gateway, id: string): Promise<void> {
  await gateway.call("cron.remove", { id });
}
