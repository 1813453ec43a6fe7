import type { LogMark } from "../gateway/harness/gateway.ts";
import { history } from "../gateway/harness/jobs.ts";
import type { Diary, DiaryJob } from "./diary.ts";
import type { Scene } from "./scene.ts";

const PREFIX = "openclaw-cron-healer: ";

type Told = Pick<Diary, "version" | "arm" | "scheduler" | "to" | "executions" | "shown" | "said">;

/** What the model, the gateway and the plugin tell of the jobs when all is over. */
export async function told(scene: Scene, jobs: readonly DiaryJob[], since: LogMark): Promise<Told> {
  const { gateway, model, version, arm, scheduler } = scene;
  const shown: Record<string, number> = {};
  for (const { id } of jobs) shown[id] = (await history(gateway, id)).length;
  const ids = new Map(jobs.map(({ id, name }) => [name, id]));
  const executions = model.requests.flatMap(({ id, job = "", startedAt, endedAt, end }) => {
    const of = ids.get(job);
    return of === undefined ? [] : [{ request: id, job: of, from: startedAt, to: endedAt, end }];
  });
  const said = gateway
    .linesSince(since)
    .filter(({ source, text }) => source === "file" && text.startsWith(PREFIX))
    .map(({ at, text }) => ({ at, text: text.slice(PREFIX.length) }))
    .filter(({ text }) => !text.startsWith("looked "));
  return { version, arm, scheduler, to: Date.now(), executions, shown, said };
}
