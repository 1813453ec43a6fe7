import type { RunEntry, RunSpan } from "../../core/entry.ts";
import { markKey, type RunMark, sameMark } from "../../core/job.ts";
import { type Observed, read } from "../../core/observed.ts";
import type { Claim, Evidence, Origin, SchedulerCondition, Snapshot } from "../../core/snapshot.ts";
import type { Testimony } from "../../core/testimony.ts";
import { instant, later, seconds } from "../../core/time.ts";
import type { Access } from "../access.ts";
import { isDraining } from "../command-lanes.ts";
import { withDeadline } from "../deadline.ts";
import { markInMemory, nextRunInMemory } from "../json-scheduler.ts";
import { askOtherGateways, otherGatewayOf } from "../other-gateway.ts";
import { BEHIND_A_WALL, seesEveryProcess } from "../pid-namespace.ts";
import { type Host, type HostDescription, HostError, type Receipt } from "../port.ts";
import type { ProcessClock } from "../process-clock.ts";
import { oddAmong, type RawJob, readJob } from "../read-job.ts";
import { releaseUnderLock } from "../release-under-lock.ts";
import { type OpenRunLog, RunLog } from "../run-log.ts";
import { isCatchingUp, isUnborn, watchesFromBirth, watchScheduler } from "../scheduler-watch.ts";
import { currentScheduler, jobsInMemory, type Scheduler, storePath } from "./gateway.ts";
import { readJobsFile } from "./jobs-file.ts";
import { forgetLeftOver, type LeftOverMark, leftOver } from "./left-over.ts";
import { askHere } from "./witnesses.ts";

const DEADLINE = seconds(10);

/** Gateways that keep jobs, marks and all, in one jobs.json. */
export class InlineJsonGateway implements Host {
  readonly #access: Access;
  /** Marks that stood when this instance looked for the first time: their start may lie before our watch. */
  #atFirstLook: ReadonlySet<string> | undefined;

  constructor(access: Access) {
    this.#access = access;
  }

  get description(): HostDescription {
    const watch = watchesFromBirth() ? "run watch" : "no run watch from birth";
    return { generation: "A (jobs.json)", capabilities: ["scheduler update", "sessions", "lanes", watch, "run log"] };
  }

  async snapshot(): Promise<Snapshot> {
    const { clock } = this.#access;
    const from = clock.now;
    const scheduler = currentScheduler();
    if (scheduler !== undefined) watchScheduler(scheduler);
    const before = condition(scheduler, clock);
    const jobs = await this.#jobs(scheduler);
    const marked = jobs.kind === "read" ? jobs.value.filter(({ mark }) => mark !== undefined) : [];
    if (jobs.kind === "read")
      this.#atFirstLook ??= new Set(marked.flatMap(({ mark }) => (mark === undefined ? [] : [markKey(mark)])));
    const wiped = jobs.kind === "read" && scheduler !== undefined ? wipedAmong(jobs.value) : [];
    const other = marked.length + wiped.length === 0 ? undefined : await this.#otherGateway();
    const claims: Claim[] = [];
    for (const { definition, mark, settledUntil } of marked) {
      if (mark !== undefined && other !== undefined)
        claims.push(await this.#held(definition, mark, settledUntil, other));
    }
    for (const { definition, mark } of wiped) {
      if (other !== undefined) claims.push(await this.#wiped(definition, mark, other));
    }
    return {
      at: instant(Date.now()),
      looked: { from, until: clock.now },
      scheduler: before.kind === "busy" ? before : condition(scheduler, clock),
      claims,
      unread: [...unreadIn(jobs), ...unwatchedFor(other)],
    };
  }

  async release({ mark, standing, span }: Claim, entry: RunEntry | undefined): Promise<Receipt> {
    const scheduler = currentScheduler();
    if (scheduler === undefined) throw new HostError("refused", "the gateway's scheduler cannot be reached");
    if (standing === "held" && isDraining()) return { kind: "withheld", because: "the scheduler is draining" };
    const other = await this.#otherGateway();
    if (other.answer.kind !== "absent") return { kind: "withheld", because: `other-gateway is ${other.answer.kind}` };
    const past = await this.#past(mark, span);
    if (past.kind === "unread") throw new HostError("refused", past.because);
    const missing = past.value.entry === "none" ? entry : undefined;
    const log = new RunLog(storePath(scheduler));
    await using open: OpenRunLog | undefined = missing === undefined ? undefined : await log.open(mark.jobId);
    if (standing === "wiped") {
      const now = markInMemory(scheduler, mark.jobId);
      // In one turn with the entry: another instance of this plugin may have written it while we waited.
      if (now === mark.startedAt || !isLeftOver(mark)) return { kind: "moved-on", now };
      if (missing !== undefined) open?.append(missing, nextRunInMemory(scheduler, mark.jobId));
      forgetLeftOver(mark);
      return { kind: "released", entry: missing === undefined ? "already there" : "written" };
    }
    const receipt = await withDeadline(
      releaseUnderLock(
        scheduler,
        mark,
        (next) => {
          if (missing !== undefined) open?.append(missing, next);
        },
        () => askHere(mark, this.#startIsUnseen(mark)),
      ),
      DEADLINE,
      "the scheduler's update",
    );
    if (receipt.kind === "released") {
      await verify(scheduler, mark);
      forgetLeftOver(mark);
    }
    return receipt.kind === "released"
      ? { kind: "released", entry: missing === undefined ? "already there" : "written" }
      : receipt;
  }

  /** The scheduler's own memory, as it is; asking the scheduler to list would apply its two-hour rule first. */
  async #jobs(scheduler: Scheduler | undefined): Promise<Observed<readonly RawJob[]>> {
    const inMemory = scheduler === undefined ? undefined : jobsInMemory(scheduler);
    if (inMemory !== undefined) return read(inMemory);
    const onDisk = await readJobsFile(this.#storePath());
    // The scheduler may have read its store while we did: what it made of the marks counts.
    const sinceThen = scheduler === undefined ? undefined : jobsInMemory(scheduler);
    return sinceThen === undefined ? onDisk : read(sinceThen);
  }

  async #held(definition: unknown, mark: RunMark, settledUntil: number | undefined, other: Testimony): Promise<Claim> {
    const { clock } = this.#access;
    const span = { startedAt: mark.startedAt, settledUntil, before: Date.now() };
    return {
      mark,
      standing: "held",
      job: await readJob(definition, this.#access.schedules),
      testimony: [...askHere(mark, this.#startIsUnseen(mark)), otherGatewayOf(other.answer, mark)],
      evidence: evidence(),
      origin: origin(mark, clock.processStartedAt, isLeftOver(mark), clock.stepped),
      past: await this.#past(mark, span),
      span,
    };
  }

  async #wiped(definition: unknown, mark: LeftOverMark, other: Testimony): Promise<Claim> {
    const { clock, schedules } = this.#access;
    // Runs of this process are others: the gateway has begun anew.
    const span = { startedAt: mark.startedAt, settledUntil: mark.settledUntil, before: clock.processStartedAt };
    return {
      mark,
      standing: "wiped",
      job: await readJob(definition, schedules),
      testimony: [other],
      evidence: seesEveryProcess()
        ? { kind: "complete", because: "read before the scheduler started" }
        : { kind: "incomplete", because: BEHIND_A_WALL },
      origin: origin(mark, clock.processStartedAt, true, clock.stepped),
      past: await this.#past(mark, span),
      span,
    };
  }

  #past(mark: RunMark, span: RunSpan | undefined) {
    return new RunLog(this.#storePath()).past(mark, this.#access.budgetSince(instant(Date.now())), span);
  }

  async #otherGateway(): Promise<Testimony> {
    return {
      witness: "other-gateway",
      role: "required",
      answer: await askOtherGateways(this.#access.stateDir, this.#storePath()),
    };
  }

  #storePath(): string {
    const scheduler = currentScheduler();
    return scheduler === undefined ? `${this.#access.stateDir}/cron/jobs.json` : storePath(scheduler);
  }

  #startIsUnseen(mark: RunMark): boolean {
    return this.#atFirstLook?.has(markKey(mark)) !== false;
  }
}

const unreadIn = (jobs: Observed<readonly RawJob[]>): readonly string[] =>
  jobs.kind === "unread" ? [jobs.because] : oddAmong(jobs.value);

/** Another gateway, or a doubt about one, holds every job here: that is said aloud. */
const unwatchedFor = (other: Testimony | undefined): readonly string[] =>
  other === undefined || other.answer.kind === "absent" ? [] : [other.answer.because];

const isLeftOver = (mark: RunMark): boolean => leftOver().marks.some((each) => sameMark(each, mark));

const condition = (scheduler: Scheduler | undefined, clock: ProcessClock): SchedulerCondition => {
  const lookAgain = later(clock.now, seconds(1));
  if (scheduler === undefined) return { kind: "busy", because: "cannot be reached", lookAgain: undefined };
  if (
    scheduler.state.deps.cronEnabled &&
    (isUnborn(scheduler) || (jobsInMemory(scheduler) === undefined && isCatchingUp()))
  )
    return { kind: "busy", because: "has not read its store yet", lookAgain };
  return isDraining()
    ? { kind: "busy", because: "is draining for a restart", lookAgain: undefined }
    : { kind: "settled", healsItself: undefined };
};

function evidence(): Evidence {
  if (!watchesFromBirth()) {
    return { kind: "incomplete", because: "the plugin was loaded after the scheduler, earlier runs are not watched" };
  }
  return { kind: "complete", because: "every scheduler and every run of this process is watched from its birth" };
}

const origin = (mark: RunMark, processStartedAt: number, known: boolean, clockStepped: boolean): Origin => ({
  olderThanProcess: mark.startedAt < processStartedAt,
  readBeforeScheduler: known && seesEveryProcess(),
  clockStepped,
  owner: "not-named",
});

/** Marks that were there before the scheduler started and that it has cleared since. A job that is gone needs no entry. */
function wipedAmong(jobs: readonly RawJob[]): readonly { readonly definition: unknown; readonly mark: LeftOverMark }[] {
  return leftOver().marks.flatMap((mark) => {
    const job = jobs.find(({ id }) => id === mark.jobId);
    if (job === undefined || job.mark?.startedAt === mark.startedAt) return [];
    return [{ definition: job.definition, mark }];
  });
}

/** Reads the mark back, from memory and from disk. */
async function verify(scheduler: Scheduler, mark: RunMark): Promise<void> {
  if (markInMemory(scheduler, mark.jobId) === mark.startedAt) {
    throw new HostError("refused", "the scheduler still holds the mark after its own update");
  }
  const file = await readJobsFile(storePath(scheduler));
  if (file.kind === "read" && file.value.some((job) => job.mark !== undefined && sameMark(job.mark, mark))) {
    throw new HostError("refused", "the mark is still on disk after the scheduler's own update");
  }
}
