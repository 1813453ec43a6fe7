import { lstat } from "node:fs/promises";
import type { RunEntry, RunSpan } from "../../core/entry.ts";
import { type RunMark, sameMark } from "../../core/job.ts";
import { type Observed, read, unread } from "../../core/observed.ts";
import type { Claim, Evidence, Origin, Snapshot } from "../../core/snapshot.ts";
import type { Testimony } from "../../core/testimony.ts";
import { instant, seconds } from "../../core/time.ts";
import type { Access } from "../access.ts";
import { databasePath } from "../database.ts";
import { withDeadline } from "../deadline.ts";
import { markInMemory, type Scheduler } from "../json-scheduler.ts";
import { askOtherGateways, otherGatewayOf } from "../other-gateway.ts";
import { seesEveryProcess } from "../pid-namespace.ts";
import { type Host, type HostDescription, HostError, type Receipt } from "../port.ts";
import { oddAmong, type RawJob, rawJob, readJob } from "../read-job.ts";
import { codeOf, messageOf } from "../regular-file.ts";
import { releaseUnderLock } from "../release-under-lock.ts";
import { type OpenRunLog, RunLog } from "../run-log.ts";
import { watchesFromBirth, watchSpeaker } from "../scheduler-watch.ts";
import { currentScheduler, isOff, schedulerCondition, serviceBehind, storedJobs, storePath } from "./gateway.ts";
import { readStoreFiles } from "./store-files.ts";
import { askHere } from "./witnesses.ts";

const DEADLINE = seconds(10);

/** Gateways that keep jobs in one JSON file and their marks in another. */
export class SplitJsonGateway implements Host {
  readonly description: HostDescription = {
    generation: "B (jobs.json + jobs-state.json)",
    capabilities: ["scheduler update", "sessions", "lanes", "run watch", "run log"],
  };
  readonly #access: Access;

  constructor(access: Access) {
    this.#access = access;
  }

  async snapshot(): Promise<Snapshot> {
    const { clock, briefing } = this.#access;
    const from = clock.now;
    const scheduler = currentScheduler(briefing);
    watchSpeaker(scheduler);
    const jobs = await this.#jobs(scheduler);
    const marked = jobs.kind === "read" ? jobs.value.filter(({ mark }) => mark !== undefined) : [];
    const other = marked.length === 0 ? undefined : await this.#otherGateway();
    const claims: Claim[] = [];
    for (const { definition, mark, settledUntil } of marked) {
      if (mark === undefined || other === undefined || scheduler === undefined) continue;
      const span = { startedAt: mark.startedAt, settledUntil, before: Date.now() };
      claims.push(await this.#claim(scheduler, definition, mark, span, other));
    }
    return {
      at: instant(Date.now()),
      looked: { from, until: clock.now },
      scheduler: schedulerCondition(this.#access),
      claims,
      unread: [
        ...(jobs.kind === "unread" ? [jobs.because] : oddAmong(jobs.value)),
        // Another gateway, or a doubt about one, holds every job here: that is said aloud.
        ...(other === undefined || other.answer.kind === "absent" ? [] : [other.answer.because]),
      ],
    };
  }

  async release({ mark, span }: Claim, entry: RunEntry | undefined): Promise<Receipt> {
    const scheduler = currentScheduler(this.#access.briefing);
    if (scheduler === undefined) throw new HostError("refused", "the gateway's scheduler cannot be reached");
    const moved = await this.#moved();
    if (moved !== undefined) throw new HostError("not-understood", moved);
    const other = await this.#otherGateway();
    if (other.answer.kind !== "absent") return { kind: "withheld", because: `other-gateway is ${other.answer.kind}` };
    const past = await this.#past(mark, span);
    if (past.kind === "unread") throw new HostError("refused", past.because);
    const missing = past.value.entry === "none" ? entry : undefined;
    await using open: OpenRunLog | undefined =
      missing === undefined ? undefined : await new RunLog(storePath(this.#access)).open(mark.jobId);
    const receipt = await withDeadline(
      releaseUnderLock(
        scheduler,
        mark,
        (next) => {
          if (missing !== undefined) open?.append(missing, next);
        },
        () => askHere(scheduler, mark),
      ),
      DEADLINE,
      "the scheduler's update",
    );
    if (receipt.kind !== "released") return receipt;
    await this.#verify(scheduler, mark);
    return { kind: "released", entry: missing === undefined ? "already there" : "written" };
  }

  /** The scheduler's memory decides what runs; the files stand in for what of it cannot be seen. */
  async #jobs(scheduler: Scheduler | undefined): Promise<Observed<readonly RawJob[]>> {
    const moved = await this.#moved();
    if (moved !== undefined) return unread(moved);
    const inMemory = scheduler === undefined ? undefined : storedJobs(serviceBehind(scheduler));
    if (inMemory !== undefined) return read(inMemory.map((job) => rawJob(job)).filter((job) => job !== undefined));
    const files = await readStoreFiles(storePath(this.#access));
    if (files.kind === "unread") return files;
    return read(files.value.map((job) => rawJob(scheduler?.getJob(job.id)) ?? job));
  }

  async #claim(
    scheduler: Scheduler,
    definition: unknown,
    mark: RunMark,
    span: RunSpan,
    other: Testimony,
  ): Promise<Claim> {
    return {
      mark,
      standing: "held",
      job: await readJob(definition, this.#access.schedules),
      testimony: [...askHere(scheduler, mark), otherGatewayOf(other.answer, mark)],
      evidence: evidence(),
      origin: this.#origin(scheduler, mark),
      past: await this.#past(mark, span),
      span,
    };
  }

  #origin(scheduler: Scheduler, mark: RunMark): Origin {
    const { clock } = this.#access;
    return {
      olderThanProcess: mark.startedAt < clock.processStartedAt,
      // While the scheduler is off it never starts: whatever we read was read before.
      readBeforeScheduler: isOff(scheduler) && seesEveryProcess(),
      clockStepped: clock.stepped,
      owner: "not-named",
    };
  }

  #past(mark: RunMark, span: RunSpan | undefined) {
    return new RunLog(storePath(this.#access)).past(mark, this.#access.budgetSince(instant(Date.now())), span);
  }

  async #otherGateway(): Promise<Testimony> {
    return {
      witness: "other-gateway",
      role: "required",
      answer: await askOtherGateways(this.#access.stateDir, storePath(this.#access)),
    };
  }

  /** A later generation keeps its jobs in a database: as soon as that is there, the files tell of nothing. */
  async #moved(): Promise<string | undefined> {
    const database = databasePath(this.#access.stateDir);
    try {
      await lstat(database);
      return `${database} has appeared: the jobs are no longer in files`;
    } catch (error) {
      return codeOf(error) === "ENOENT" ? undefined : `${database}: ${messageOf(error)}`;
    }
  }

  /** Reads the mark back, from memory and from disk. */
  async #verify(scheduler: Scheduler, mark: RunMark): Promise<void> {
    if (markInMemory(scheduler, mark.jobId) === mark.startedAt) {
      throw new HostError("refused", "the scheduler still holds the mark after its own update");
    }
    const files = await readStoreFiles(storePath(this.#access));
    if (files.kind === "read" && files.value.some((job) => job.mark !== undefined && sameMark(job.mark, mark))) {
      throw new HostError("refused", "the mark is still on disk after the scheduler's own update");
    }
  }
}

function evidence(): Evidence {
  if (!watchesFromBirth()) {
    return { kind: "incomplete", because: "the plugin was loaded after the scheduler, earlier runs are not watched" };
  }
  return { kind: "complete", because: "every run of this process has been heard of since the gateway's start" };
}
