import assert from "node:assert/strict";
import { it } from "node:test";
import { type Experience, falseSuspicionsIn, learn, longestUsual, NO_LESSONS } from "../../plugin/core/experience.ts";
import { read, unread } from "../../plugin/core/observed.ts";
import { distrustLimit, incompleteLimit, patienceFor } from "../../plugin/core/patience.ts";
import { hours, millis, minutes, seconds } from "../../plugin/core/time.ts";
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
  const exact = job({ interval: read(seconds(90)) });
  assert.deepEqual(patienceFor(exact, policy), { length: seconds(180), source: "2 x interval 90s = 3m" });
  const overrides = [
    { job: "digest", patience: seconds(500), watch: true },
    { job: "job-1", patience: seconds(900), watch: true },
  ];
  assert.deepEqual(patienceFor(job(), { ...forAll, overrides }), {
    length: seconds(900),
    source: "override of this job = 15m",
  });
  const limited = job({ timeout: seconds(1000) });
  const short = { ...policy, overrides: [{ job: "job-1", patience: seconds(200), watch: true }] };
  assert.equal(incompleteLimit(limited, patienceFor(limited, short), short), seconds(1060));
});

const runs = (count: number, length = seconds(30)): Experience => ({
  durations: Array.from({ length: count }, () => length),
  falseSuspicions: 0,
});
const suspected = (times: number): Experience => ({ durations: [], falseSuspicions: times });

const daily = job({ interval: read(minutes(1440)) });
const learnt = [
  ["nineteen runs teach nothing", daily, runs(19), 7200, "2 x interval 24h00m = 48h00m, ceiling 2h00m"],
  ["twenty teach the floor", daily, runs(20), 180, "p99 30s of 20 runs x 3 = 90s, floor 3m"],
  [
    "an hour is no shorter than the ceiling",
    daily,
    runs(20, hours(1)),
    7200,
    "p99 60m of 20 runs x 3 = 3h00m, ceiling 2h00m",
  ],
  [
    "they shorten what is not known otherwise",
    job({ interval: read(undefined) }),
    runs(40, minutes(2)),
    360,
    "p99 2m of 40 runs x 3 = 6m",
  ],
  ["they never make it longer", job(), runs(40, minutes(4)), 600, "2 x interval 5m = 10m"],
  ["a declared time-out goes first", job({ timeout: minutes(30) }), runs(40), 1860, "timeoutSeconds 30m + 60s = 31m"],
  [
    "a false suspicion doubles it",
    job(),
    suspected(1),
    1200,
    "2 x interval 5m = 10m, raised to 20m by 1 false suspicion(s)",
  ],
  ["so does each other one", job(), suspected(3), 4800, "2 x interval 5m = 10m, raised to 80m by 3 false suspicion(s)"],
  [
    "up to the ceiling",
    job(),
    suspected(5000),
    7200,
    "2 x interval 5m = 10m, raised to 2h00m by 5000 false suspicion(s)",
  ],
  ["at the ceiling nothing is raised", daily, suspected(2), 7200, "2 x interval 24h00m = 48h00m, ceiling 2h00m"],
] as const;

for (const [what, of, experience, length, source] of learnt) {
  it(`patience learnt from the job: ${what}`, () => {
    assert.deepEqual(patienceFor(of, policy, experience), { length: seconds(length), source });
  });
}

it("experience does not change what the operator said", () => {
  const overrides = [{ job: "digest", patience: seconds(500), watch: true }];
  const forAll = { ...policy, patience: { ...policy.patience, forAll: seconds(400) } };
  for (const experience of [runs(50), suspected(3)]) {
    assert.equal(patienceFor(job(), { ...policy, overrides }, experience).length, seconds(500));
    assert.equal(patienceFor(job(), forAll, experience).length, seconds(400));
  }
});

it("the longest usual run is the 99th percentile of the newest hundred credible ones", () => {
  const climbing = Array.from({ length: 100 }, (_, index) => millis(index + 1));
  assert.equal(longestUsual(climbing), 99);
  assert.equal(longestUsual(climbing.toReversed()), 99);
  assert.equal(longestUsual([...climbing.slice(50), ...climbing.slice(0, 50)]), 99);
  const week = hours(7 * 24);
  assert.equal(longestUsual(Array.from({ length: 20 }, () => week)), week);
  assert.equal(longestUsual(climbing.slice(0, 99)), 99);
  assert.equal(longestUsual([...climbing, hours(5)]), 99, "the hundred and first is too old");
  assert.equal(longestUsual(climbing.slice(0, 19)), undefined);
  const odd = [Number.NaN, -5, 0, 1e20, Infinity].map(millis);
  assert.equal(longestUsual([...climbing.slice(0, 19), ...odd]), undefined);
  assert.equal(longestUsual([...climbing.slice(0, 20), ...odd]), 20);
});

it("lessons are counted for each job, and the oldest are forgotten", () => {
  const twice = learn(learn(NO_LESSONS, ["a"]), ["a", "b"]);
  assert.deepEqual(
    [...twice],
    [
      ["a", 2],
      ["b", 1],
    ],
  );
  assert.equal(learn(twice, []), twice);
  assert.deepEqual([falseSuspicionsIn(NO_LESSONS), falseSuspicionsIn(twice)], [0, 3]);
  assert.deepEqual([...learn(twice, ["a"])].at(-1), ["a", 3], "the newest lesson is the last to be forgotten");
  const many = learn(
    twice,
    Array.from({ length: 999 }, (_, index) => `job ${index}`),
  );
  assert.equal(many.size, 1000);
  assert.equal(many.has("a"), false);
  assert.equal(many.get("b"), 1);
});

it("what was learnt never lets a run go before the host itself would", () => {
  const of = job({ timeout: undefined });
  assert.equal(incompleteLimit(of, patienceFor(of, policy, runs(50)), policy), minutes(61));
  assert.equal(incompleteLimit(daily, patienceFor(daily, policy, suspected(1)), policy), hours(2));
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

it("silence in company is held for the gateway's own limit, and for what the operator asked if that is longer", () => {
  const hourly = job({ interval: read(minutes(60)) });
  const limit = (of: typeof hourly, rules: typeof policy) => distrustLimit(of, patienceFor(of, rules), rules);
  assert.equal(limit(hourly, policy), minutes(61));
  assert.equal(limit(job({ timeout: seconds(0) }), policy), hours(2));
  const own = (patience: number) => ({
    ...policy,
    overrides: [{ job: "digest", patience: seconds(patience), watch: true }],
  });
  assert.equal(limit(hourly, own(5400)), seconds(5400));
  assert.equal(limit(job({ timeout: seconds(0) }), own(9000)), seconds(9000));
  assert.equal(limit(hourly, { ...policy, patience: { ...policy.patience, forAll: minutes(90) } }), minutes(90));
});
