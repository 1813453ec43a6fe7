import { join, resolve } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { RunEntry } from "../../core/entry.ts";
import type { RunMark } from "../../core/job.ts";
import { read } from "../../core/observed.ts";
import type { Claim, Evidence, Origin, Past, Snapshot, Standing } from "../../core/snapshot.ts";
import type { Testimony } from "../../core/testimony.ts";
import { type Instant, instant, seconds } from "../../core/time.ts";
import type { Access } from "../access.ts";
import { reading } from "../database.ts";
import { withDeadline } from "../deadline.ts";
import { seesEveryProcess } from "../pid-namespace.ts";
import { type Host, type HostDescription, HostError, type Receipt } from "../port.ts";
import { startTicksOf } from "../process-identity.ts";
import { rawJob, readJob, unreadMarks } from "../read-job.ts";
import { messageOf } from "../regular-file.ts";
import { numberIn } from "../shape.ts";
import { storeKeyIn } from "../store-key.ts";
import { type Found, foundIn } from "./found.ts";
import { freedSince, freeWedge } from "./free.ts";
import { currentScheduler, schedulerCondition } from "./gateway.ts";
import { askLifecycleLock } from "./lifecycle-lock.ts";
import { ownerOf } from "./owner.ts";
import { releaseUnderLock } from "./release.ts";
import { definitionOf, pastOf, runningReceipts, stateOf } from "./rows.ts";
import { notUnderstood } from "./schema.ts";
import { tell } from "./tell.ts";
import { forgetEnded, oldestOfEach, sight, type UntoldRun, untoldRuns } from "./untold.ts";
import { askHere } from "./witnesses.ts";

const DEADLINE = seconds(10);
const COMPLETE: Evidence = { kind: "complete", because: "every run of this process is among its active jobs" };
const GIVEN_UP: Evidence = { kind: "complete", because: "the gateway itself has recorded that it gave the run up" };

type ClaimBase = Pick<Claim, "mark" | "job">;

/** Gateways that keep a receipt of each run, with its owner, in SQLite. */
export class ReceiptGateway implements Host {
  readonly #access: Access;
  readonly #ourStartTicks: Promise<number | undefined>;

  constructor(access: Access) {
    this.#access = access;
    this.#ourStartTicks = startTicksOf("self");
  }

  get description(): HostDescription {
    const capabilities = ["fenced update", "receipts", "sessions", "lanes", "active jobs", "task history"];
    if (this.#access.sessions() !== undefined) capabilities.push("session renewal");
    return { generation: "D (SQLite, run receipts)", capabilities };
  }

  async snapshot(): Promise<Snapshot> {
    const { clock, stateDir } = this.#access;
    const from = clock.now;
    const unread: string[] = [];
    let claims: readonly Claim[] = [];
    try {
      const odd: string[] = [];
      claims = await reading(stateDir, (database) => this.#claims(database, odd));
      unread.push(...unreadMarks(odd));
    } catch (error) {
      unread.push(messageOf(error));
    }
    return {
      at: instant(Date.now()),
      looked: { from, until: clock.now },
      scheduler: schedulerCondition(this.#access),
      claims,
      unread,
    };
  }

  async release(claim: Claim, entry: RunEntry | undefined): Promise<Receipt> {
    if (claim.standing === "wiped") return { kind: "withheld", because: "this gateway wipes no marks" };
    if (claim.standing === "untold" && entry !== undefined) return await this.#tell(claim, entry);
    const condition = schedulerCondition(this.#access);
    if (condition.kind === "busy") return { kind: "withheld", because: `the scheduler ${condition.because}` };
    const scheduler = currentScheduler(this.#access);
    if (scheduler === undefined) throw new HostError("refused", "the gateway's scheduler cannot be reached");
    if (claim.standing === "receipt-only") return await this.#free(claim);
    const { mark, job } = claim;
    const { stateDir, briefing } = this.#access;
    const ourStartTicks = await this.#ourStartTicks;
    const now = await reading(stateDir, (database) => {
      const storeKey = this.#storeKey(database);
      const receipt = runningReceipts(database, storeKey).find((each) => each.jobId === mark.jobId);
      const past = pastOf(database, storeKey, mark, this.#budgetSince());
      return { storeKey, receipt, past, state: stateOf(database, storeKey, mark.jobId) };
    });
    const onDisk = numberIn(now.state, "runningAtMs");
    if (onDisk !== mark.startedAt) return { kind: "moved-on", now: onDisk === undefined ? undefined : instant(onDisk) };
    const owner = await ownerOf(now.receipt, ourStartTicks);
    if (JSON.stringify(owner) !== JSON.stringify(claim.origin.owner)) {
      return { kind: "withheld", because: "the owner of the run is not the one that was judged" };
    }
    const missing = now.past.entry === "none" ? entry : undefined;
    const receipt = await withDeadline(
      releaseUnderLock(scheduler, mark, {
        stateDir,
        briefing,
        storeKey: now.storeKey,
        receipt: now.receipt,
        ourStartTicks,
        entry: missing,
        name: job.name,
        agentId: job.agentId,
      }),
      DEADLINE,
      "the scheduler's update",
    );
    if (receipt.kind !== "released") return receipt;
    await this.#verify(claim);
    return { kind: "released", entry: missing === undefined ? "already there" : "written" };
  }

  async #free({ mark }: Claim): Promise<Receipt> {
    const { stateDir, sessions } = this.#access;
    const storeKey = await reading(stateDir, (database) => this.#storeKey(database));
    let wanted = true;
    const of = { stateDir, storeKey, sessions: sessions(), ourStartTicks: await this.#ourStartTicks };
    try {
      return await withDeadline(
        freeWedge(mark, { ...of, isWanted: () => wanted }),
        DEADLINE,
        "the renewal of its session",
      );
    } finally {
      wanted = false;
    }
  }

  async #claims(database: DatabaseSync, odd: string[]): Promise<readonly Claim[]> {
    const because = notUnderstood(database);
    if (because !== undefined) throw new HostError("not-understood", because);
    const storeKey = this.#storeKey(database);
    const lock = askLifecycleLock(database, this.#access.stateDir, await this.#ourStartTicks);
    const other: Testimony = { witness: "other-gateway", role: "required", answer: lock };
    const claims: Claim[] = [];
    const running = await foundIn(database, storeKey, odd);
    for (const found of running) {
      const claim = await this.#claim(database, storeKey, { jobId: found.id, startedAt: instant(found.startedAt) });
      if (claim === undefined) continue;
      const owner = await ownerOf(found.receipt, await this.#ourStartTicks);
      const testimony = [...askHere(found.id, this.#access.briefing, owner === "here"), other];
      const origin = this.#origin(found, owner);
      const past = read(this.#past(database, storeKey, claim.mark, found.standing));
      claims.push({ ...claim, standing: found.standing, testimony, evidence: COMPLETE, origin, past });
    }
    const marks = claims.filter(({ standing }) => standing === "held").map(({ mark }) => mark);
    sight(marks);
    const { untold, open } = untoldRuns(database, storeKey, marks);
    forgetEnded(marks, open);
    for (const run of oldestOfEach(untold)) {
      // A one-shot job that the gateway gives up it also switches off; its history is told nevertheless.
      const claim = await this.#claim(database, storeKey, run, { enabled: true });
      const past = read(this.#past(database, storeKey, run, "untold"));
      if (claim !== undefined) claims.push({ ...claim, ...this.#untold(run, running, other), past });
    }
    return claims;
  }

  /** A wedge adds no history of ours: its releases are counted where they stand. */
  #past(database: DatabaseSync, storeKey: string, mark: RunMark, standing: Standing): Past {
    const since = this.#budgetSince();
    const past = pastOf(database, storeKey, mark, since);
    if (standing !== "receipt-only") return past;
    return { ...past, ...freedSince(database, storeKey, mark.jobId, since) };
  }

  /** What every claim says; undefined if the job is not ours to watch. */
  async #claim(
    database: DatabaseSync,
    storeKey: string,
    { jobId, startedAt }: RunMark,
    more: object = {},
  ): Promise<ClaimBase | undefined> {
    const definition = { ...(definitionOf(database, storeKey, jobId) as object), id: jobId, ...more };
    if (rawJob(definition) === undefined) return undefined;
    const mark = { jobId, startedAt };
    return { mark, job: await readJob(definition, this.#access.schedules) };
  }

  /** What is alive in the job's name is a later run, if the store knows of one; otherwise it may be this one after all. */
  #untold(
    { jobId, startedAt }: UntoldRun,
    running: readonly Found[],
    other: Testimony,
  ): Omit<Claim, keyof ClaimBase | "past"> {
    const isLater = running.some(({ id, startedAt: began }) => id === jobId && began > startedAt);
    const here = isLater ? [] : askHere(jobId, this.#access.briefing, false).filter(({ role }) => role === "required");
    const origin = { ...this.#origin({ startedAt }, "not-named"), readBeforeScheduler: false };
    return { standing: "untold", testimony: [...here, other], evidence: GIVEN_UP, origin };
  }

  async #tell({ mark, job }: Claim, entry: RunEntry): Promise<Receipt> {
    const { stateDir } = this.#access;
    const storeKey = await reading(stateDir, (database) => this.#storeKey(database));
    const ourStartTicks = await this.#ourStartTicks;
    return tell(mark, entry, { stateDir, storeKey, ourStartTicks, name: job.name, agentId: job.agentId });
  }

  #budgetSince(): Instant {
    return this.#access.budgetSince(instant(Date.now()));
  }

  #origin({ startedAt }: Pick<Found, "startedAt">, owner: Origin["owner"]): Origin {
    const { clock, briefing } = this.#access;
    return {
      olderThanProcess: startedAt < clock.processStartedAt,
      // While the scheduler is off it never starts: whatever we read was read before.
      readBeforeScheduler: briefing.schedulerNeverOn() && seesEveryProcess(),
      clockStepped: clock.stepped,
      owner,
    };
  }

  #storeKey(database: DatabaseSync): string {
    const usual = resolve(join(this.#access.stateDir, "cron", "jobs.json"));
    const key = storeKeyIn(database, usual);
    if (key === undefined)
      throw new HostError("not-understood", "the database holds several cron stores, none of them the usual one");
    return key;
  }

  /** Reads the mark back from the store. */
  async #verify({ mark }: Claim): Promise<void> {
    const state = await reading(this.#access.stateDir, (database) =>
      stateOf(database, this.#storeKey(database), mark.jobId),
    );
    if (numberIn(state, "runningAtMs") === mark.startedAt) {
      throw new HostError("refused", "the mark is still in the store after the scheduler's own update");
    }
  }
}
