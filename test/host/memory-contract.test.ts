import { randomUUID } from "node:crypto";
import { apply } from "../../plugin/apply.ts";
import { jobId } from "../../plugin/core/job.ts";
import type { Action } from "../../plugin/core/plan.ts";
import { absent, live } from "../../plugin/core/testimony.ts";
import { instant } from "../../plugin/core/time.ts";
import { claim, says } from "../core/given.ts";
import type { Bench, Told } from "../gateway/contract/bench.ts";
import { contract } from "../gateway/contract/suite.ts";
import { MemoryHost } from "./memory.ts";

/** The same contract as every real gateway's: what stands on the fake stands on them. */
class MemoryBench implements Bench {
  readonly host = new MemoryHost();
  readonly changedByRelease = ["claims/JOB: gone", "entries/JOB: added"];
  readonly longestTurn = 0;
  readonly #results = new Map<string, Told[]>();

  apply: Bench["apply"] = async (of, entry) =>
    await apply({ kind: "release", finding: { claim: of }, entry } as unknown as Action, this.host);

  async stuck(startedAt: number): Promise<string> {
    const id = randomUUID();
    await this.mark(id, startedAt);
    return id;
  }

  async live(): Promise<string> {
    const id = await this.stuck(Date.now());
    this.host.claims = this.host.claims.map((each) =>
      each.mark.jobId === id ? { ...each, testimony: [says("session", live("1 run"))] } : each,
    );
    return id;
  }

  async finish(job: string): Promise<void> {
    await this.mark(job, undefined);
    this.#results.set(job, [{ status: "ok" }]);
  }

  /** It holds nothing but what is ours. */
  strangers = async (): Promise<readonly string[]> => [];

  async mark(job: string, startedAt: number | undefined): Promise<void> {
    await this.remove(job);
    if (startedAt === undefined) return;
    const mark = { jobId: jobId(job), startedAt: instant(startedAt) };
    this.host.claims = [...this.host.claims, claim({ mark, testimony: [says("session", absent)] })];
  }

  async remove(job: string): Promise<void> {
    this.host.claims = this.host.claims.filter(({ mark }) => mark.jobId !== job);
  }

  async markOf(job: string): Promise<number | undefined> {
    return this.host.claims.find(({ mark }) => mark.jobId === job)?.mark.startedAt;
  }

  async told(job: string): Promise<readonly Told[]> {
    const ours = this.host.entries.filter(({ mark }) => mark.jobId === job);
    return [
      ...(this.#results.get(job) ?? []),
      ...ours.map(({ mark, text }) => ({ status: "error", error: text, runAtMs: mark.startedAt })),
    ];
  }

  async hold() {
    this.host.busy = Infinity;
    const letGo = async (): Promise<void> => {
      this.host.busy = 0;
    };
    return { code: "busy", letGo } as const;
  }

  async spoil() {
    this.host.odd = "a part of it";
    return async () => {
      this.host.odd = undefined;
    };
  }

  answers = async (): Promise<boolean> => true;

  async photograph() {
    const byJob = (each: { readonly mark: { readonly jobId: string } }) => [each.mark.jobId, each] as const;
    return structuredClone({
      claims: Object.fromEntries(this.host.claims.map(byJob)),
      entries: Object.fromEntries(this.host.entries.map(byJob)),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

contract("a gateway in memory", async () => new MemoryBench());
