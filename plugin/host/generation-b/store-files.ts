import { type Observed, read, unread } from "../../core/observed.ts";
import { type RawJob, rawJob } from "../read-job.ts";
import { messageOf, readRegularFile } from "../regular-file.ts";
import { property, shaped } from "../shape.ts";
import { oddVersion } from "../store-version.ts";

/** A larger store is not read from disk: the scheduler's own memory serves as soon as it shows itself. */
const LARGEST = 64 * 1024 * 1024;

/** The isolated agent jobs as they lie on disk: what they are in one file, what became of them in the other. */
export async function readStoreFiles(path: string): Promise<Observed<readonly RawJob[]>> {
  const definitions = await readJson(path);
  if (definitions.kind === "unread") return definitions;
  if (definitions.value === undefined) return read([]);
  const jobs = property(definitions.value, "jobs");
  if (!Array.isArray(jobs)) return unread(`${path} has no list of jobs`);
  const beside = statePathOf(path);
  const states = await readJson(beside);
  if (states.kind === "unread") return states;
  const byId = shaped(property(states.value, "jobs"));
  if (states.value !== undefined && (byId === undefined || Array.isArray(byId))) {
    return unread(`${beside} has no states of jobs`);
  }
  return read(jobs.map((job) => stored(job, byId)).filter((job) => job !== undefined));
}

export const statePathOf = (path: string): string =>
  path.endsWith(".json") ? path.replace(/\.json$/, "-state.json") : `${path}-state.json`;

/** A store that was never split keeps each state in its job; as soon as there are two files, only the second counts. */
function stored(job: unknown, states: Readonly<Record<string, unknown>> | undefined): RawJob | undefined {
  const bare = rawJob(job, undefined);
  if (bare === undefined) return undefined;
  return rawJob(job, states === undefined ? property(job, "state") : (property(states[bare.id], "state") ?? {}));
}

async function readJson(path: string): Promise<Observed<unknown>> {
  const text = await readRegularFile(path, LARGEST);
  if (text.kind === "unread" || text.value === undefined) return text;
  try {
    const store: unknown = JSON.parse(text.value);
    const odd = oddVersion(store);
    return odd === undefined ? read(store) : unread(`${path}: ${odd}`);
  } catch (error) {
    return unread(`${path}: ${messageOf(error)}`);
  }
}
