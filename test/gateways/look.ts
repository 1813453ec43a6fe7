import { TAG } from "../../plugin/core/entry.ts";
import { history, listed, runNow } from "../gateway/harness/jobs.ts";
import type { LogLine } from "../gateway/harness/log.ts";
import { HEALER } from "../gateway/harness/plugin.ts";
import { storedState } from "../gateway/harness/store.ts";
import type { Look } from "./fate.ts";
import type { Fault } from "./fault.ts";
import type { Lab } from "./lab.ts";

/** Store, memory, events and history give the same run times that differ by milliseconds. */
const TOLERANCE = 250;

/** The same with the sentences themselves. */
export interface FullLook extends Omit<Look, "named" | "released"> {
  readonly named: LogLine | undefined;
  readonly released: LogLine | undefined;
}

/** Asks the gateway, its store and the plugin's log. */
export async function look(lab: Lab, fault: Fault): Promise<FullLook> {
  const { gateway, home } = lab;
  const isThisRun = (at: number | undefined): boolean => at !== undefined && Math.abs(at - fault.mark) <= TOLERANCE;
  const marks = [(await listed(gateway, fault.job)).state.runningAtMs, storedState(home, fault.job).runningAtMs];
  const entries = (await history(gateway, fault.job)).filter(({ runAtMs }) => isThisRun(runAtMs));
  const ours = entries.filter(({ error }) => error?.startsWith(TAG)).length;
  const restored = entries.filter(({ summary }) => summary?.startsWith(TAG)).length;
  const said = sentences(lab, fault);
  const released = said.find(({ text }) => /^(released|freed:?) /.test(text));
  const aloud = said.filter(({ level }) => level !== "debug");
  const named = aloud.find(({ text }) => (fault.named ?? /./).test(text));
  return {
    marked: fault.stands?.() ?? marks.some(isThisRun),
    named,
    released,
    entries: { ours, restored, others: entries.length - ours - restored },
  };
}

/** What the plugin has said of the job; of everything where the fault has a sentence of its own. */
function sentences({ gateway }: Lab, { since, job, named }: Fault): readonly LogLine[] {
  return gateway
    .linesSince(since)
    .filter(({ source, text }) => source === "file" && text.startsWith(`${HEALER}: `))
    .map((line) => ({ ...line, text: line.text.slice(HEALER.length + 2) }))
    .filter(({ text }) => text.includes(`job=${job} `) || named?.test(text));
}

/** What an operator sees of a job: the answer of `cron run`, the status in `cron list`, the number of entries. */
export async function symptom({ gateway }: Lab, { job }: Fault): Promise<string> {
  const { status } = await listed(gateway, job);
  const answer = await runNow(gateway, job);
  const { length } = await history(gateway, job);
  return `${answer.kind === "refused" ? answer.reason : answer.kind} / ${status} / ${length} entries`;
}

/** Seconds of the plugin's own time in which it has looked since the fault. */
export function lookedFor({ gateway }: Lab, { since }: Fault): number {
  const seconds = gateway.linesSince(since).flatMap(({ source, text }) => {
    const second = source === "file" ? /: looked .*second=(\d+)/.exec(text)?.[1] : undefined;
    return second === undefined ? [] : [Number(second)];
  });
  return (seconds.at(-1) ?? 0) - (seconds[0] ?? 0);
}
