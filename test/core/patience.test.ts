import assert from "node:assert/strict";
import { it } from "node:test";
import { read, unread } from "../../plugin/core/observed.ts";
import { incompleteLimit, patienceFor } from "../../plugin/core/patience.ts";
import { minutes, seconds } from "../../plugin/core/time.ts";
import { job, policy } from "./given.ts";

const minute5 = read(minutes(5));
const cases = [
  ["two intervals", job({ interval: minute5 }), 600, "2 x interval 5m = 10m"],
  [
    "the floor for a job that fires each minute",
    job({ interval: read(minutes(1)) }),
    180,
    "2 x interval 60s = 2m, floor 3m",
  ],
  [
    "the ceiling for a daily job",
    job({ interval: read(minutes(1440)) }),
    7200,
    "2 x interval 24h00m = 48h00m, ceiling 2h00m",
  ],
  ["its time-out and a minute", job({ timeout: seconds(600) }), 660, "timeoutSeconds 10m + 60s = 11m"],
  ["two intervals when the time-out is off", job({ timeout: seconds(0) }), 600, "2 x interval 5m = 10m"],
  ["the ceiling for a one-shot job", job({ interval: read(undefined) }), 7200, "one-shot job, no interval = 2h00m"],
  ["the ceiling when the interval is unread", job({ interval: unread("odd") }), 7200, "interval unread: odd = 2h00m"],
] as const;

for (const [what, of, length, source] of cases) {
  it(`patience is ${what}`, () => {
    assert.deepEqual(patienceFor(of, policy), { length: seconds(length), source });
  });
}

it("a job's own override beats the environment, and an id beats a name", () => {
  const forAll = { ...policy, patience: { ...policy.patience, forAll: seconds(400) } };
  assert.deepEqual(patienceFor(job(), forAll), { length: seconds(400), source: "environment = 7m" });
  const overrides = [
    { job: "digest", patience: seconds(500), watch: true },
    { job: "job-1", patience: seconds(900), watch: true },
  ];
  assert.equal(patienceFor(job(), { ...forAll, overrides }).length, seconds(900));
});

it("incomplete evidence waits at least as long as the host itself would", () => {
  const limit = (timeout: number | undefined) => {
    const of = job({ timeout: timeout === undefined ? undefined : seconds(timeout) });
    return incompleteLimit(of, patienceFor(of, policy), policy);
  };
  assert.equal(limit(20), seconds(180));
  assert.equal(limit(1000), seconds(1060));
  assert.equal(limit(undefined), minutes(61));
  assert.equal(limit(-1), minutes(120));
});
