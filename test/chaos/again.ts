import { until } from "../gateway/harness/until.ts";
import type { Diary } from "./diary.ts";
import type { Watch } from "./watch.ts";

/** A healed job runs when it is asked to. Answers those that do not, when all has come to rest. */
export async function runAgain(
  jobs: readonly string[],
  ask: (job: string) => Promise<string>,
  watch: Watch,
): Promise<Diary["refused"]> {
  const entriesOf = (job: string): number => watch.entries().filter((entry) => entry.job === job).length;
  const refused: { job: string; reason: string }[] = [];
  const asked = new Map<string, number>();
  for (const job of jobs) {
    const before = entriesOf(job);
    const answer = await askAgain(() => ask(job));
    if (answer === "enqueued") asked.set(job, before);
    else refused.push({ job, reason: answer });
  }
  const hasRun = ([job, before]: [string, number]): boolean => entriesOf(job) > before;
  const done = (): boolean => [...asked].every(hasRun) && (refused.length > 0 || watch.marks().length === 0);
  await until("the healed jobs have run", done, { timeout: 60_000, interval: 300 }).catch(() => {});
  await untilStill(watch);
  for (const each of asked) if (!hasRun(each)) refused.push({ job: each[0], reason: "was accepted and did not run" });
  return refused;
}

/** A gateway that is busy with itself says so; only `already-running` is an answer about the job. */
async function askAgain(ask: () => Promise<string>): Promise<string> {
  let answer = "";
  const clear = async (): Promise<boolean> => {
    answer = await ask();
    return answer === "enqueued" || answer === "already-running";
  };
  await until("the gateway answers", clear, { timeout: 30_000, interval: 2000 }).catch(() => {});
  return answer;
}

/** A history may be written a moment after the mark is gone. */
async function untilStill(watch: Watch): Promise<void> {
  let looks: number[] = [];
  const still = (): boolean => {
    looks = [...looks.slice(-4), watch.entries().length];
    return looks.length === 5 && new Set(looks).size === 1;
  };
  await until("the history is still", still, { timeout: 20_000, interval: 400 }).catch(() => {});
}
