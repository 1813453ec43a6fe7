import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { configure } from "../plugin/config.ts";

const NOTHING = { mode: undefined, patienceSeconds: undefined };
const rejection = (given: unknown, environment: Partial<typeof NOTHING> | Record<string, string> = {}) => {
  const configured = configure(given, { ...NOTHING, ...environment });
  assert.equal(configured.kind, "rejected");
  return configured.kind === "rejected" ? configured.because : "";
};

it("no settings at all are the defaults", () => {
  const configured = configure(undefined, NOTHING);
  assert.deepEqual(configured, {
    kind: "settings",
    patienceForAll: undefined,
    unknown: [],
    settings: {
      enabled: true,
      mode: "heal",
      scanSeconds: 30,
      graceSeconds: 40,
      lookSeconds: 40,
      endedSeconds: 15,
      patience: { floorSeconds: 180, ceilingSeconds: 7200, intervals: 2 },
      jobs: {},
      releasesPer72Hours: 3,
      logLevel: "info",
    },
  });
});

it("keys that are no settings are ignored and named", () => {
  const configured = configure({ bogus: true, patience: { ceil: 1 }, jobs: { digest: { patience: 3 } } }, NOTHING);
  assert.ok(configured.kind === "settings");
  assert.deepEqual(configured.unknown, ["bogus", "patience.ceil", "jobs.digest.patience"]);
  assert.equal(configured.settings.patience.ceilingSeconds, 7200);
});

it("the operator's environment beats the config", () => {
  const configured = configure({ mode: "heal" }, { mode: "observe", patienceSeconds: "600" });
  assert.ok(configured.kind === "settings");
  assert.equal(configured.settings.mode, "observe");
  assert.equal(configured.patienceForAll, 600);
});

describe("a wrong value names its key and itself", () => {
  for (const [given, said] of [
    [{ mode: "fix" }, /mode="fix"/],
    [{ scanSeconds: "often" }, /scanSeconds="often"/],
    [{ scanSeconds: 1 }, /scanSeconds=1/],
    [{ patience: { floorSeconds: -1 } }, /patience\.floorSeconds=-1/],
    [{ jobs: { digest: { patienceSeconds: 3 } } }, /jobs\.digest\.patienceSeconds=3/],
    [[], /config=\[\]/],
  ] as const) {
    it(JSON.stringify(given), () => assert.match(rejection(given), said));
  }

  it("in the environment", () => {
    assert.match(rejection({}, { mode: "fix" }), /OPENCLAW_CRON_HEALER_MODE=fix/);
    assert.match(rejection({}, { patienceSeconds: "long" }), /OPENCLAW_CRON_HEALER_PATIENCE_SECONDS=long/);
  });
});

describe("a combination that makes no sense names both keys and values", () => {
  for (const [given, said] of [
    [
      { patience: { floorSeconds: 900, ceilingSeconds: 600 } },
      /floorSeconds=900 is above patience\.ceilingSeconds=600/,
    ],
    [{ scanSeconds: 300 }, /scanSeconds=300 is above patience\.floorSeconds=180/],
    [
      { graceSeconds: 100, lookSeconds: 100 },
      /graceSeconds=100 \+ lookSeconds=100 is above patience\.floorSeconds=180/,
    ],
  ] as const) {
    it(JSON.stringify(given), () => assert.match(rejection(given), said));
  }
});
