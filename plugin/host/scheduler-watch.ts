import { type JobId, jobId, type RunMark } from "../core/job.ts";
import { inPlaceRestarts } from "./command-lanes.ts";
import { processWide } from "./process-wide.ts";
import { isMethod, property, shaped, textIn } from "./shape.ts";

/**
 * On the JSON generations nothing public shows a start-up catch-up run in its delivery, nor a run that an earlier scheduler of
 * this process still carries. So we watch each scheduler from its birth: whether its `start` has returned (it awaits the
 * catch-up), and which isolated runs it has begun. The watch calls the gateway's own functions first and last, changes
 * neither arguments nor results, and outlives a reload of this plugin.
 */
interface Watch {
  readonly schedulers: Watched[];
  readonly patched: WeakSet<object>;
  /** Whether no scheduler of this process can have lived before the watch began. */
  fromBirth: boolean | undefined;
  /** Whether an instance of the plugin has begun to listen to what schedulers say. */
  listens?: boolean;
  /** Told whenever a run begins or returns; a hint to look, no more. */
  hint: () => void;
}

interface Watched {
  readonly scheduler: WeakRef<object>;
  /** Its ticks and timers hold its state, not itself: the state is what says whether it still works. */
  readonly state: WeakRef<object>;
  start: "not called" | "pending" | "over" | "unknown";
  readonly runs: Set<Run>;
}

interface Run {
  readonly job: string;
  /** Aborted when the gateway itself gives the run up: its time has run out, or somebody cancelled it. */
  readonly signal: unknown;
}

/** A mark may be some milliseconds younger than the run that it tells of. */
const LAG = 250;

type AnyFunction = (this: unknown, ...given: unknown[]) => unknown;

const watch = (): Watch =>
  processWide("scheduler-watch", () => ({
    schedulers: [],
    patched: new WeakSet(),
    fromBirth: undefined,
    hint: () => {},
  }));

/** When each job's last watched run began. */
const begun = (): Map<string, number> => processWide("begun-runs", () => new Map<string, number>());

/** Whether the marked run began in this process, under our own eyes. */
export const beganHere = ({ jobId: id, startedAt }: RunMark): boolean =>
  (begun().get(id) ?? -Infinity) >= startedAt - LAG;

/** Begins to watch this scheduler and all that come after it. Harmless to call again. */
export function watchScheduler(scheduler: unknown): void {
  const service = shaped(scheduler);
  if (service === undefined) return;
  const known = watch();
  const born = !hasStarted(service);
  known.fromBirth ??= born && inPlaceRestarts() === 0;
  watchStarts(service, known);
  track(service, known, born ? "not called" : "unknown");
}

/**
 * Later gateways hide their first scheduler behind a proxy; it shows itself in the context of `cron_changed`. That hook
 * is called in the very turn in which a scheduler says "started", before the run begins: whoever has listened since the
 * gateway's start misses no run.
 */
export function watchSpeaker(scheduler: unknown): void {
  const service = shaped(scheduler);
  if (service === undefined || shaped(property(service, "state")) === undefined) return;
  const known = watch();
  watchStarts(service, known);
  // One that has read nothing yet may be in the middle of its start: it does not look like one that waits for it.
  track(service, known, "over");
}

/** While the plugin is exchanged nobody listens: a scheduler that had not spoken until then may have begun runs unheard. */
export function beginListening(): void {
  const known = watch();
  if (known.listens === true && known.schedulers.length === 0) known.fromBirth = false;
  known.listens = true;
}

/** Only a plugin that was there before the scheduler's start is told of the gateway's own. */
export function hearGatewayStart(): void {
  watch().fromBirth ??= inPlaceRestarts() === 0;
}

/** Every scheduler of this process that the watch knows and that still lives. */
export const watchedSchedulers = (): readonly object[] => living().flatMap(({ scheduler }) => scheduler.deref() ?? []);

/** On the oldest generation no hook tells of runs: the watch does. */
export const hintOnRuns = (hint: () => void): void => {
  watch().hint = hint;
};

/** True while some scheduler of this process may still be in its start-up catch-up. */
export const isCatchingUp = (): boolean => living().some(({ start }) => start === "pending");

/** True if a scheduler was at work before we could watch it: its catch-up may go on unseen. */
export const missedAStart = (): boolean => living().some(({ start }) => start === "unknown");

/** True while the gateway has built this scheduler and not yet started it. */
export const isUnborn = (scheduler: unknown): boolean =>
  living().some((watched) => watched.scheduler.deref() === scheduler && watched.start === "not called");

/** True while any scheduler of this process, the current one or an earlier, is in the middle of a tick. */
export const isTicking = (): boolean => living().some(({ state }) => property(state.deref(), "running") === true);

export const hasBegunRun = (id: JobId): boolean =>
  watch().schedulers.some(({ runs }) => [...runs].some(({ job }) => jobId(job) === id));

/** The same, without the runs that the gateway has given up: such a one may never return, and holds no mark. */
export const hasBegunRunNotGivenUp = (id: JobId): boolean =>
  watch().schedulers.some(({ runs }) =>
    [...runs].some(({ job, signal }) => jobId(job) === id && property(signal, "aborted") !== true),
  );

/** Whether the watch has seen every scheduler of this process from its birth. */
export const watchesFromBirth = (): boolean => watch().fromBirth === true && !missedAStart();

const living = (): readonly Watched[] => watch().schedulers.filter(({ state }) => state.deref() !== undefined);

/** A scheduler that has read its store or armed its timer is no newborn. */
function hasStarted(service: object): boolean {
  const state = property(service, "state");
  return property(state, "store") !== null || property(state, "timer") !== null || property(state, "running") === true;
}

function track(service: object, known: Watch, start: Watched["start"]): Watched {
  const before = known.schedulers.find(({ scheduler }) => scheduler.deref() === service);
  if (before !== undefined) return before;
  const watched: Watched = {
    scheduler: new WeakRef(service),
    state: new WeakRef(shaped(property(service, "state")) ?? service),
    start,
    runs: new Set(),
  };
  known.schedulers.push(watched);
  if (!watchRuns(service, watched)) known.fromBirth = false;
  return watched;
}

function watchStarts(service: object, known: Watch): void {
  const kind: unknown = Object.getPrototypeOf(service);
  if (typeof kind !== "object" || kind === null || known.patched.has(kind)) return;
  if (!Object.hasOwn(kind, "start") || !isMethod(kind, "start")) {
    known.fromBirth = false;
    return;
  }
  const real = (kind as { start: AnyFunction }).start;
  known.patched.add(kind);
  (kind as { start: AnyFunction }).start = function start(...given) {
    const watched = quietly(() => track(this as object, known, "pending"));
    if (watched !== undefined) watched.start = "pending";
    const over = () => {
      if (watched !== undefined) watched.start = "over";
    };
    return followed(() => real.apply(this, given), over);
  };
}

function watchRuns(service: object, watched: Watched): boolean {
  const deps = property(property(service, "state"), "deps") as { runIsolatedAgentJob?: AnyFunction } | undefined;
  const real = deps?.runIsolatedAgentJob;
  if (deps === undefined || typeof real !== "function") return false;
  try {
    deps.runIsolatedAgentJob = function runIsolatedAgentJob(...given) {
      const [request] = given;
      const run = { job: textIn(property(request, "job"), "id") ?? "", signal: property(request, "abortSignal") };
      watched.runs.add(run);
      begun().set(run.job, Date.now());
      quietly(() => watch().hint());
      return followed(
        () => real.apply(this, given),
        () => {
          watched.runs.delete(run);
          quietly(() => watch().hint());
        },
      );
    };
    return true;
  } catch {
    return false;
  }
}

/** Calls the gateway's function and answers what it answers; `over` runs when that has settled. */
function followed(call: () => unknown, over: () => void): unknown {
  let answer: unknown;
  try {
    answer = call();
  } catch (error) {
    over();
    throw error;
  }
  Promise.resolve(answer).then(over, over);
  return answer;
}

function quietly<T>(deed: () => T): T | undefined {
  try {
    return deed();
  } catch {
    return undefined;
  }
}
