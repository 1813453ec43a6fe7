import assert from "node:assert/strict";
import { it } from "node:test";
import { exactly, type RunSpan, sameRun, synthesize, TAG, WIPED } from "../../plugin/core/entry.ts";
import { type HistoryRecord, readPast } from "../../plugin/core/history.ts";
import { instant } from "../../plugin/core/time.ts";
import { mark, NOON } from "./given.ts";

const SINCE = instant(NOON - 72 * 3_600_000);
const record = (minutesAgo: number, more: Partial<HistoryRecord> = {}): HistoryRecord => ({
  runAt: NOON - minutesAgo * 60_000,
  endedAt: NOON - minutesAgo * 60_000 + 1000,
  status: "error",
  text: "boom",
  duration: 1000,
  ...more,
});

function past(records: readonly HistoryRecord[], span: RunSpan = exactly(NOON)) {
  const reader = readPast(span, SINCE);
  for (const each of records) reader.take(each);
  return reader.past();
}

it("finds the entry of the very run, some milliseconds apart", () => {
  assert.equal(past([record(0, { runAt: NOON + 7 })]).entry, "the gateway's");
  assert.equal(past([record(0, { runAt: NOON - 250, text: `${TAG} lost` })]).entry, "ours");
  assert.equal(past([record(0, { runAt: NOON + 251 })]).entry, "none");
  assert.equal(past([record(0, { runAt: undefined })]).entry, "none");
});

it("takes the newest of several records of one run", () => {
  const both = [record(0, { text: `${TAG} lost` }), record(0, { endedAt: NOON + 5000 })];
  assert.deepEqual([past(both).entry, past(both.toReversed()).entry], ["ours", "the gateway's"]);
});

it("takes no text for a moment, and no earlier run for the marked one", () => {
  assert.equal(sameRun(NOON, String(NOON)), false);
  const earlier = { startedAt: NOON, settledUntil: undefined, before: Infinity };
  assert.equal(past([record(1)], earlier).entry, "none");
  assert.equal(past([record(0, { runAt: String(NOON) as never })], earlier).entry, "none");
  assert.equal(past([record(0, { runAt: String(NOON + 60_000) as never })], earlier).entry, "none");
});

it("counts a release of the very moment since when they count", () => {
  assert.equal(past([record(0, { endedAt: SINCE, text: `${TAG} lost` })]).releases, 1);
  const reader = readPast(exactly(NOON), SINCE);
  for (let read = 0; read < 200; read += 1) reader.take(record(1, { status: "ok" }));
  assert.equal(reader.enough(record(0, { endedAt: NOON })), false);
});

it("knows a batch member's entry by what the state does not know", () => {
  const span = (settledUntil: number | undefined, before = Infinity) => ({ startedAt: NOON, settledUntil, before });
  const late = [record(0, { runAt: NOON + 60_000, endedAt: NOON + 90_000 })];
  assert.equal(past(late).entry, "none");
  assert.equal(past(late, span(NOON - 1000)).entry, "the gateway's");
  assert.equal(past(late, span(undefined)).entry, "the gateway's");
  assert.equal(past(late, span(NOON + 60_000)).entry, "none", "a later run whose result the state knows");
  assert.equal(past(late, span(undefined, NOON + 60_000)).entry, "none", "a run of the next process");
  const skipped = [record(0, { runAt: NOON + 1, status: "skipped" })];
  assert.equal(past(skipped, span(undefined)).entry, "none", "a refused attempt is no run");
});

it("counts our releases until the last good run", () => {
  const ours = { text: `${TAG} lost` };
  assert.equal(past([record(1, ours), record(2), record(3, ours)]).releases, 2);
  assert.equal(past([record(1, ours), record(2, { status: "ok", text: undefined }), record(3, ours)]).releases, 1);
});

it("tells since when they are counted", () => {
  const ours = { text: `${TAG} lost` };
  assert.equal(past([record(1, ours), record(2), record(3, ours)]).releasedSince, record(3).endedAt);
  assert.equal(past([record(1)]).releasedSince, undefined);
});

it("counts no entry of a run whose mark the gateway had wiped: nothing was released", () => {
  const wiped = { text: `${TAG} run lost: the mark is older than this process, and ${WIPED}; witnesses: ` };
  assert.deepEqual([past([record(1, wiped)]).releases, past([record(0, wiped)]).entry], [0, "ours"]);
});

it("counts no release older than the budget looks back", () => {
  const ours = { text: `${TAG} lost` };
  assert.equal(past([record(1, ours), record(73 * 60, ours)]).releases, 1);
});

it("has seen enough only when neither the run nor the budget can change", () => {
  const reader = readPast(exactly(NOON), SINCE);
  const good = record(1, { status: "ok" });
  for (let read = 0; read < 99; read += 1) reader.take(good);
  assert.equal(reader.enough(good), false);
  reader.take(good);
  assert.equal(reader.enough(good), true);
  assert.equal(reader.enough(record(-1)), false);
});

it("stops after two hundred records that teach nothing", () => {
  const reader = readPast(exactly(NOON), SINCE);
  const old = record(74 * 60);
  for (let read = 0; read < 199; read += 1) reader.take(old);
  assert.equal(reader.enough(old), false);
  reader.take(old);
  assert.equal(reader.enough(old), true);
});

it("learns how long good runs take, newest first, and from no run that was healed or interrupted", () => {
  const good = (duration: number | undefined, more: Partial<HistoryRecord> = {}) =>
    record(1, { status: "ok", text: undefined, duration, ...more });
  assert.deepEqual(past([good(7), good(5)]).durations, [7, 5]);
  const noSamples = [
    good(9, { text: `${TAG} lost` }),
    good(9, { status: "error", text: "cron: job interrupted by gateway restart" }),
    good(9, { status: "error", text: "cron: job execution timed out" }),
    good(9, { status: "skipped" }),
    ...[undefined, 0, -1, Number.NaN, Infinity, 1e20, 7 * 24 * 3_600_000 + 1].map((duration) => good(duration)),
  ];
  assert.deepEqual(past(noSamples).durations, []);
  assert.equal(past(Array.from({ length: 150 }, () => good(1))).durations.length, 100);
});

it("an entry tells the tag, the cause and the witnesses, and never a negative duration", () => {
  const entry = synthesize(mark(), instant(NOON - 5), "its owner is gone", "session=absent");
  assert.equal(entry.duration, 0);
  assert.equal(entry.text, `${TAG} run lost: its owner is gone; witnesses: session=absent`);
});
