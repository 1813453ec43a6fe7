import assert from "node:assert/strict";
import { it } from "node:test";
import { jobId, markKey, sameMark } from "../../plugin/core/job.ts";
import { budgetSince } from "../../plugin/core/policy.ts";
import { hours, instant, later, millis, processTime, seconds, spoken } from "../../plugin/core/time.ts";
import { mark, NOON, policy } from "./given.ts";

const other = { jobId: jobId("job-2") };
const restarted = { startedAt: instant(NOON + 1) };

it("a mark is the same only for the same job and the same start", () => {
  assert.equal(sameMark(mark(), mark()), true);
  assert.equal(sameMark(mark(), mark(other)), false);
  assert.equal(sameMark(mark(), mark(restarted)), false);
  assert.equal(sameMark(mark(), mark({ ...other, ...restarted })), false);
});

it("two runs have two keys", () => {
  const keys = [mark(), mark(other), mark(restarted)].map(markKey);
  assert.equal(new Set(keys).size, 3);
  assert.equal(markKey(mark()), markKey(mark()));
});

it("only releases of the last 72 hours count", () => assert.equal(budgetSince(policy.budget, NOON), NOON - hours(72)));

it("time goes on", () => assert.equal(later(processTime(1000), seconds(2)), 3000));

for (const [length, words] of [
  [850, "850ms"],
  [1000, "1s"],
  [119_000, "119s"],
  [120_000, "2m"],
  [7_200_000, "2h00m"],
  [11_100_000, "3h05m"],
] as const) {
  it(`${length} ms are ${words}`, () => assert.equal(spoken(millis(length)), words));
}
