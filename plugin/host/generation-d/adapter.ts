import { join, resolve } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { RunEntry } from "../../core/entry.ts";
import { type JobId, jobId, type RunMark } from "../../core/job.ts";
import { read } from "../../core/observed.ts";
import type { Claim, Evidence, Origin, Past, Snapshot, Standing } from "../../core/snapshot.ts";
import { instant, seconds } from "../../core/time.ts";
import type { Access } from "../access.ts";
import { reading } from "../database.ts";
import { withDeadline } from "../deadline.ts";
import { seesEveryProcess } from "../pid-namespace.ts";
import { type Host, type HostDescription, HostError, type Receipt } from "../port.ts";
import { startTicksOf } from "../process-identity.ts";
import { rawJob, readJob } from "../read-job.ts";
import { messageOf } from "../regular-file.ts";
import { numberIn, property } from "../shape.ts";
import { storeKeyIn } from "../store-key.ts";
import { freedSince, freeWedge } from "./free.ts";
import { currentScheduler, schedulerCondition } from "./gateway.ts";
import { askLifecycleLock } from "./lifecycle-lock.ts";
import { ownerOf } from "./owner.ts";
import { releaseUnderLock } from "./release.ts";
import { definitionOf, jobRows, pastOf, type RunReceipt, runningReceipts, stateOf } from "./rows.ts";
import { notUnderstood } from "./schema.ts";
import { askHere } from "./witnesses.ts";

const DEADLINE = seconds(10);
const COMPLETE: Evidence = { kind: "complete", because: "every run of this process is among its active jobs" };

/** One run that the store claims, found by its mark or, without a mark, by its receipt. */
interface Found {
  readonly id: JobId;
  readonly startedAt: number;
  readonly standing: Standing;
  readonly receipt: RunReceipt | undefined;
}

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
      claims = await reading(stateDir, (database) => this.#claims(database));
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
      const past = pastOf(database, storeKey, mark, this.#access.budgetSince(instant(Date.now())));
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
    const of = { stateDir, storeKey, sessions: sessions(), ourStartTicks: await this.#ourStartTicks };
    return await withDeadline(freeWedge(mark, of), DEADLINE, "the renewal of its session");
  }

  async #claims(database: DatabaseSync): Promise<readonly Claim[]> {
    const because = notUnderstood(database);
    if (because !== undefined) throw new HostError("not-understood", because);
    const storeKey = this.#storeKey(database);
    const lock = askLifecycleLock(database, await this.#ourStartTicks);
    const claims: Claim[] = [];
    for (const found of await foundIn(database, storeKey)) {
      const definition = definitionOf(database, storeKey, found.id);
      if (rawJob({ ...(definition as object), id: found.id }) === undefined) continue;
      const mark = { jobId: found.id, startedAt: instant(found.startedAt) };
      const owner = await ownerOf(found.receipt, await this.#ourStartTicks);
      claims.push({
        mark,
        standing: found.standing,
        job: await readJob({ ...(definition as object), id: found.id }, this.#access.schedules),
        testimony: [
          ...askHere(found.id, this.#access.briefing, owner === "here"),
          { witness: "other-gateway", role: "required", answer: lock },
        ],
        evidence: COMPLETE,
        origin: this.#origin(found, owner),
        past: read(this.#past(database, storeKey, mark, found.standing)),
      });
    }
    return claims;
  }

  /** A wedge adds no history of ours: its releases are counted where they stand. */
  #past(database: DatabaseSync, storeKey: string, mark: RunMark, standing: Standing): Past {
    const since = this.#access.budgetSince(instant(Date.now()));
    const past = pastOf(database, storeKey, mark, since);
    if (standing !== "receipt-only") return past;
    return { ...past, ...freedSince(database, storeKey, mark.jobId, since) };
  }

  #origin({ startedAt }: Found, owner: Origin["owner"]): Origin {
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

async function foundIn(database: DatabaseSync, storeKey: string): Promise<readonly Found[]> {
  const receipts = new Map(runningReceipts(database, storeKey).map((receipt) => [receipt.jobId, receipt]));
  const found: Found[] = [];
  for await (const rows of jobRows(database, storeKey)) {
    for (const { id, state } of rows) {
      const receipt = receipts.get(id);
      const startedAt = numberIn(state, "runningAtMs");
      if (startedAt !== undefined) found.push({ id: jobId(id), startedAt, standing: "held", receipt });
      else if (receipt !== undefined && property(state, "queuedAtMs") === undefined) {
        found.push({ id: jobId(id), startedAt: receipt.startedAt, standing: "receipt-only", receipt });
      }
    }
  }
  return found;
}
