import type { Outcome, Result } from "./apply.ts";
import type { Finding, Suspicion } from "./core/examine.ts";
import type { Snapshot, Standing } from "./core/snapshot.ts";
import { spokenTestimony } from "./core/testimony.ts";
import { ageAt, type Instant, millis, spoken } from "./core/time.ts";
import type { Review } from "./core/triage.ts";
import type { HostDescription } from "./host/port.ts";
import type { Fields, Level, Log } from "./log.ts";

/** Every sentence that the plugin says about a run. */
export class Recorder {
  readonly #log: Log;
  #unread = "";

  constructor(log: Log) {
    this.#log = log;
  }

  ready(mode: string, host: HostDescription, scan: string): void {
    this.#log.info("ready", { mode, generation: host.generation, uses: host.capabilities.join(","), scan });
  }

  /** What is not being watched, and why: said once, and again when it changes. */
  looked({ unread, claims, scheduler, looked }: Snapshot, falseSuspicions: number): void {
    const second = Math.floor(looked.until / 1000);
    this.#log.debug("looked", { claims: claims.length, scheduler: scheduler.kind, second, falseSuspicions });
    const now = unread.join("; ");
    if (now !== this.#unread) {
      if (now === "") this.#log.info("everything can be read again");
      else this.#log.warn("not watching all jobs", { because: now });
    }
    this.#unread = now;
  }

  wasWrong(finding: Finding, at: Instant): void {
    this.#log.info("was silent at a look and is alive after all", factsOf(finding, at));
  }

  suspects({ silent, watched }: Suspicion): void {
    this.#log.error("most running jobs look dead at once: suspecting the witnesses, releasing none", {
      silent,
      watched,
    });
  }

  record({ action, result, took }: Outcome, at: Instant): void {
    const { finding } = action;
    const fields = { ...factsOf(finding, at), took: spoken(millis(took)) };
    switch (action.kind) {
      case "leave":
        if (finding.news) this.#log[levelOf(finding)](leaving(finding), factsOf(finding, at));
        return;
      case "triage":
        if (finding.news) this.#needsReview(action.review, fields);
        return;
      case "release":
        this.#deed(finding, result, fields);
        return;
    }
  }

  #needsReview({ reason, since, releases }: Review, fields: Fields): void {
    const facts = { ...fields, reason, since: moment(since), releases };
    this.#log.error("needs review: released too often, left alone now", facts);
  }

  #deed(finding: Finding, result: Result, fields: Fields): void {
    const [level, sentence, more] = told(finding, result);
    const released = result.kind === "answered" && result.receipt.kind === "released";
    this.#log[released || finding.news ? level : "debug"](sentence, { ...fields, ...more });
  }
}

const DEEDS: Readonly<Record<Standing, { readonly done: string; readonly undone: string }>> = {
  held: { done: "released", undone: "released" },
  wiped: { done: "wrote the missing history", undone: "told in the history" },
  untold: { done: "wrote the missing history", undone: "told in the history" },
  "receipt-only": { done: "freed: the run has ended, what it still waits for may happen late", undone: "freed" },
};

function told({ claim }: Finding, result: Result): readonly [Level, string, Fields] {
  const deed = DEEDS[claim.standing];
  if (result.kind === "failed") return ["error", `could not be ${deed.undone}`, { because: result.because }];
  if (result.kind === "left") return ["debug", "left alone", {}];
  const { receipt } = result;
  switch (receipt.kind) {
    case "released":
      return ["warn", deed.done, { entry: receipt.entry, result: receipt.result }];
    case "withheld":
      return ["warn", `would be ${deed.undone}, withheld`, { because: receipt.because }];
    case "moved-on":
      return ["info", "let go: the job has moved on since it was judged", { now: receipt.now }];
  }
}

function leaving({ verdict, overdue }: Finding): string {
  switch (verdict.kind) {
    case "live":
      return overdue ? "still running beyond its patience, left alone" : "running";
    case "waiting":
      return overdue ? "still waiting beyond its patience, left alone" : "waiting";
    case "hung":
      return "hung: alive outside any session, left alone";
    case "wedged":
      return "wedged: the run has ended and its receipt still holds the job";
    case "unknown":
      return verdict.lookAgain === undefined ? "in doubt, left alone" : "silent, looking again";
    case "orphan":
      return "orphan, nothing to do";
  }
}

/** A normal run is no news; a run beyond patience, and every doubt that no second look will solve, is. */
function levelOf({ verdict, overdue }: Finding): Level {
  if (verdict.kind === "hung" || verdict.kind === "wedged" || overdue) return "warn";
  return verdict.kind === "unknown" && verdict.lookAgain === undefined ? "info" : "debug";
}

function factsOf({ claim, verdict, patience }: Finding, at: Instant): Fields {
  return {
    job: claim.job.id,
    name: claim.job.name,
    mark: moment(claim.mark.startedAt),
    age: spoken(ageAt(at, claim.mark.startedAt)),
    verdict: verdict.kind,
    why: verdict.because,
    witnesses: spokenTestimony(claim.testimony),
    evidence: claim.evidence.kind,
    patience: spoken(patience.length),
    from: patience.source,
  };
}

const LAST_DATE = 8.64e15;

/** A store may hold any number for a moment; beyond the calendar it is shown as it is. */
const moment = (at: Instant): string => (Math.abs(at) <= LAST_DATE ? new Date(at).toISOString() : String(at));
