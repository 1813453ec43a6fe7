import { isOfRun, isOurs, isRelease, type RunSpan } from "./entry.ts";
import { isCredible, MOST_RUNS } from "./experience.ts";
import type { Past } from "./snapshot.ts";
import { type Instant, instant, type Millis } from "./time.ts";

/** One finished run as any generation's history tells it. */
export interface HistoryRecord {
  readonly runAt: number | undefined;
  readonly endedAt: number;
  readonly status: string;
  readonly text: string | undefined;
  readonly duration: number | undefined;
}

/** So far a history is read to learn how long the runs of a job take. */
const MOST_RECORDS = 200;

/**
 * Reads the past newest first, and says when it has seen enough: a store may stop reading there. Our releases count
 * until the last good run, or until they are too old to matter.
 */
export function readPast(span: RunSpan, since: Instant): PastReader {
  let entry: Past["entry"] = "none";
  let endedAt: Instant | undefined;
  let releases = 0;
  let releasedSince: Instant | undefined;
  let counting = true;
  let taken = 0;
  const durations: Millis[] = [];
  return {
    take(record) {
      taken += 1;
      if (isClean(record) && durations.length < MOST_RUNS) durations.push(record.duration);
      if (isOfRun(span, record.runAt) && record.status !== "skipped" && entry === "none") {
        entry = isOurs(record.text) ? "ours" : "the gateway's";
        endedAt = instant(record.endedAt);
      }
      if (record.endedAt < since || record.status === "ok") counting = false;
      else if (counting && isRelease(record.text)) {
        releases += 1;
        releasedSince = instant(record.endedAt);
      }
    },
    enough: (record) =>
      !counting && record.endedAt < span.startedAt && (durations.length === MOST_RUNS || taken >= MOST_RECORDS),
    past: () => ({ entry, endedAt, releases, releasedSince, durations }),
  };
}

/** A run that ended well, by itself and in a credible time. Whatever was healed or interrupted is none. */
const isClean = (record: HistoryRecord): record is HistoryRecord & { readonly duration: Millis } =>
  record.status === "ok" && !isOurs(record.text) && isCredible(record.duration);

export interface PastReader {
  take(record: HistoryRecord): void;
  /** Nothing older than this record can change the answer: an entry is never written before its run began. */
  enough(record: HistoryRecord): boolean;
  past(): Past;
}
