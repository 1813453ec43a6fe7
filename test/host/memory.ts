import type { RunEntry } from "../../plugin/core/entry.ts";
import { sameRun } from "../../plugin/core/entry.ts";
import { type RunMark, sameMark } from "../../plugin/core/job.ts";
import { read } from "../../plugin/core/observed.ts";
import type { Claim, Snapshot } from "../../plugin/core/snapshot.ts";
import { type Instant, processTime } from "../../plugin/core/time.ts";
import { type Host, type HostDescription, HostError, type Receipt } from "../../plugin/host/port.ts";
import { snapshotAt } from "../core/given.ts";

/** A gateway in memory: marks, history and witnesses that a test sets. Its release promises what every store's does. */
export class MemoryHost implements Host {
  readonly description: HostDescription = { generation: "memory", capabilities: ["everything"] };
  claims: readonly Claim[] = [];
  entries: RunEntry[] = [];
  /** How often the store will answer that it is busy. */
  busy = 0;
  /** What of the store cannot be understood. */
  odd: string | undefined;
  /** Runs between the judgement and the write: what the gateway does meanwhile. */
  meanwhile: () => void = () => {};
  writes = 0;
  /** Seconds of process time since the process began. */
  second = 0;

  async snapshot(): Promise<Snapshot> {
    if (this.odd !== undefined) return { ...snapshotAt(this.second, []), looked: this.#looked, unread: [this.odd] };
    const claims = this.claims.map((claim) => ({ ...claim, past: read(this.#past(claim.mark)) }));
    return { ...snapshotAt(this.second, claims), looked: this.#looked };
  }

  async release({ mark, standing }: Claim, entry: RunEntry | undefined): Promise<Receipt> {
    if (this.busy > 0) {
      this.busy -= 1;
      throw new HostError("busy", "locked");
    }
    if (this.odd !== undefined) throw new HostError("not-understood", this.odd);
    this.meanwhile();
    const now = this.claims.find((claim) => claim.mark.jobId === mark.jobId);
    if (now === undefined || !sameMark(now.mark, mark)) return { kind: "moved-on", now: now?.mark.startedAt };
    const alive = now.testimony.find(({ answer }) => answer.kind !== "absent");
    if (alive !== undefined) return { kind: "withheld", because: `${alive.witness} is ${alive.answer.kind}` };
    this.writes += 1;
    if (standing === "held" || standing === "wiped") this.claims = this.claims.filter((claim) => claim !== now);
    const already = this.entries.some(
      (known) => known.mark.jobId === mark.jobId && sameRun(known.mark.startedAt, mark.startedAt),
    );
    if (entry === undefined || already) return { kind: "released", entry: "already there" };
    this.entries.push(entry);
    return { kind: "released", entry: "written" };
  }

  get #looked(): Snapshot["looked"] {
    return { from: processTime(this.second * 1000), until: processTime(this.second * 1000) };
  }

  #past({ jobId, startedAt }: RunMark) {
    const own = this.entries.filter((entry) => entry.mark.jobId === jobId);
    const entry = own.some((known) => sameRun(known.mark.startedAt, startedAt)) ? ("ours" as const) : ("none" as const);
    return {
      entry,
      endedAt: undefined as Instant | undefined,
      releases: own.length,
      releasedSince: undefined,
      durations: [],
    };
  }
}
