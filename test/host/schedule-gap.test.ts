import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, it } from "node:test";
import { ScheduleGap } from "../../plugin/host/schedule-gap.ts";
import { root } from "../build/build.ts";

const entry = process.argv[1] ?? "";
before(() => {
  // The gateway's own entry point: its schedule parser is found from there.
  process.argv[1] = join(root, "node_modules", "openclaw", "openclaw.mjs");
});
after(() => {
  process.argv[1] = entry;
});

const MINUTE = 60_000;
const cases = [
  ["every", { kind: "every", everyMs: 90_000 }, 90_000],
  ["a cron expression", { kind: "cron", expr: "*/5 * * * *" }, 5 * MINUTE],
  ["an uneven one: its smallest gap", { kind: "cron", expr: "0,10 9 * * *", tz: "UTC" }, 10 * MINUTE],
  ["one with seconds", { kind: "cron", expr: "*/15 * * * * *" }, 15_000],
  [
    "one in a time zone, over a change of the clock",
    { kind: "cron", expr: "0 3 * * *", tz: "Europe/Berlin" },
    1440 * MINUTE,
  ],
  ["a single moment", { kind: "at", at: "2030-01-01T00:00:00Z" }, undefined],
] as const;

for (const [what, schedule, gap] of cases) {
  it(`the gap of ${what}`, async () => {
    assert.deepEqual(await new ScheduleGap().of(schedule), { kind: "read", value: gap });
  });
}

for (const schedule of [
  undefined,
  {},
  { kind: "cron", expr: "rubbish" },
  { kind: "every", everyMs: -1 },
  { kind: "moon" },
]) {
  it(`the gap of ${JSON.stringify(schedule)} is unread`, async () => {
    assert.equal((await new ScheduleGap().of(schedule)).kind, "unread");
  });
}

it("without the gateway's parser a cron expression is unread", async () => {
  const before = process.argv[1] ?? "";
  process.argv[1] = "/";
  assert.equal((await new ScheduleGap().of({ kind: "cron", expr: "* * * * *" })).kind, "unread");
  process.argv[1] = before;
});
