import { join, resolve } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { RunEntry } from "../../core/entry.ts";
import { read } from "../../core/observed.ts";
import type { Claim, Evidence, Origin, Snapshot } from "../../core/snapshot.ts";
import type { Testimony } from "../../core/testimony.ts";
import { type Instant, instant, seconds } from "../../core/time.ts";
import type { Access } from "../access.ts";
import { reading } from "../database.ts";
import { withDeadline } from "../deadline.ts";
import { askOtherGateways, otherGatewayOf } from "../other-gateway.ts";
import { type Host, type HostDescription, HostError, type Receipt } from "../port.ts";
import { rawJob, readJob, unreadMarks } from "../read-job.ts";
import { messageOf } from "../regular-file.ts";
import { storeKeyIn } from "../store-key.ts";
import { currentScheduler, currentStoreKey, hasFencedUpdate, restartsInPlace, schedulerCondition } from "./gateway.ts";
import { releaseUnderLock } from "./release.ts";
import { markedJobs, markOnDisk, pastOf } from "./rows.ts";
import { notUnderstood } from "./schema.ts";
import { askHere } from "./witnesses.ts";

const DEADLINE = seconds(10);

/** Gateways that keep jobs, marks and history in SQLite, and no owner of a run. */
export class RunLogGateway implements Host {
  readonly #access: Access;

  constructor(access: Access) {
    this.#access = access;
  }

  get description(): HostDescription {
    const update = hasFencedUpdate(currentScheduler(this.#access)) ? "fenced update" : "scheduler update";
    const capabilities = [update, "sessions", "lanes", "active jobs", "run watch", "run logs"];
    return { generation: "C (SQLite, run logs)", capabilities };
  }

  async snapshot(): Promise<Snapshot> {
    const { clock, stateDir } = this.#access;
    const from = clock.now;
    const unread: string[] = [];
    let claims: readonly Claim[] = [];
    try {
      const odd: string[] = [];
      claims = await this.#besideOthers(await reading(stateDir, (database) => this.#claims(database, odd)));
      unread.push(...unreadMarks(odd));
      const other = claims[0]?.testimony.find(({ witness }) => witness === "other-gateway")?.answer;
      if (other !== undefined && other.kind !== "absent") unread.push(other.because);
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

  async release({ mark, standing }: Claim, entry: RunEntry | undefined): Promise<Receipt> {
    if (standing !== "held") return { kind: "withheld", because: `a ${standing} claim is not released here` };
    const { stateDir, briefing } = this.#access;
    const { answer } = await this.#otherGateway();
    if (answer.kind !== "absent") return { kind: "withheld", because: `other-gateway is ${answer.kind}` };
    const condition = schedulerCondition(this.#access);
    if (condition.kind === "busy") return { kind: "withheld", because: `the scheduler ${condition.because}` };
    const { storeKey, onDisk } = await reading(stateDir, (database) => {
      const key = this.#storeKey(database);
      return { storeKey: key, onDisk: markOnDisk(database, key, mark.jobId) };
    });
    if (onDisk !== mark.startedAt) return { kind: "moved-on", now: onDisk };
    // Asked for last: a scheduler that is replaced while we wait must not be used.
    const scheduler = currentScheduler(this.#access);
    if (scheduler === undefined) throw new HostError("refused", "the gateway's scheduler cannot be reached");
    const update = releaseUnderLock(scheduler, mark, { stateDir, briefing, storeKey, entry });
    const receipt = await withDeadline(update, DEADLINE, "the scheduler's update");
    if (receipt.kind !== "released") return receipt;
    const now = await reading(stateDir, (database) => markOnDisk(database, storeKey, mark.jobId));
    if (now === mark.startedAt) {
      throw new HostError("refused", "the mark is still in the store after the scheduler's own update");
    }
    return receipt;
  }

  async #claims(database: DatabaseSync, odd: string[]): Promise<readonly Claim[]> {
    const because = notUnderstood(database);
    if (because !== undefined) throw new HostError("not-understood", because);
    const storeKey = this.#storeKey(database);
    const claims: Claim[] = [];
    for (const { id, startedAt, definition } of markedJobs(database, storeKey)) {
      if (rawJob(definition) === undefined) continue;
      if (startedAt === undefined) {
        odd.push(id);
        continue;
      }
      const mark = { jobId: id, startedAt };
      claims.push({
        mark,
        standing: "held",
        job: await readJob(definition, this.#access.schedules),
        testimony: askHere(id, this.#access.briefing),
        evidence: evidence(),
        origin: this.#origin(startedAt),
        past: read(pastOf(database, storeKey, mark, this.#access.budgetSince(instant(Date.now())))),
      });
    }
    return claims;
  }

  /** Asked once a look, and only if there is a mark. */
  async #besideOthers(claims: readonly Claim[]): Promise<readonly Claim[]> {
    if (claims.length === 0) return claims;
    const other = await this.#otherGateway();
    return claims.map((claim) => ({
      ...claim,
      testimony: [...claim.testimony, otherGatewayOf(other.answer, claim.mark)],
    }));
  }

  async #otherGateway(): Promise<Testimony> {
    return { witness: "other-gateway", role: "required", answer: await askOtherGateways(this.#access.stateDir) };
  }

  /** The store names no owner, and the scheduler's own recovery goes first: nothing is released at once here. */
  #origin(startedAt: Instant): Origin {
    const { clock } = this.#access;
    return {
      olderThanProcess: startedAt < clock.processStartedAt,
      readBeforeScheduler: false,
      clockStepped: clock.stepped,
      owner: "not-named",
    };
  }

  #storeKey(database: DatabaseSync): string {
    const usual = resolve(join(this.#access.stateDir, "cron", "jobs.json"));
    const key = currentStoreKey() ?? storeKeyIn(database, usual);
    if (key === undefined)
      throw new HostError("not-understood", "the database holds several cron stores, none of them the usual one");
    return key;
  }
}

const COMPLETE = "every run of this process is among its active jobs until its result is applied";
const FORGOTTEN = "a restart inside this process has forgotten which runs were active";
const UNCOUNTED = "this gateway does not count the restarts after which it forgets which runs were active";

function evidence(): Evidence {
  const restarts = restartsInPlace();
  if (restarts === 0) return { kind: "complete", because: COMPLETE };
  return { kind: "incomplete", because: restarts === undefined ? UNCOUNTED : FORGOTTEN };
}
