import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { installGates } from "./gates.ts";
import kept from "./kept.json" with { type: "json" };
import { type Interruption, play, type Schedule, type Step } from "./schedule.ts";

before(installGates);

describe("schedules that were found once", () => {
  for (const [index, schedule] of (kept as unknown as readonly Schedule[]).entries()) {
    it(`number ${index + 1}, generation ${schedule.kind.generation}`, async () => {
      assert.equal((await play(schedule)).fault, undefined);
    });
  }
});

const ticks = (count: number): readonly Step[] => Array<Step>(count).fill("tick");
/** A run is lost; then two looks, and before one of the operations of the release something happens. */
const lost = (before: number, what: Interruption["what"]): readonly Step[] => [
  ["advance", 0],
  ["lose", 0],
  { pass: [] },
  ...ticks(27),
  { pass: [] },
  ...ticks(9),
  { pass: [{ of: "release", before, what }] },
];

/** The same with a run that is only slower than any gateway promised: nobody has seen it yet. */
const late = (before: number): readonly Step[] => [
  ["advance", 0],
  { pass: [] },
  ...ticks(27),
  { pass: [] },
  ...ticks(9),
  { pass: [{ of: "release", before, what: ["advance", 0] }] },
];

const CUTS: Readonly<Record<string, Interruption["what"]>> = {
  "the process dies": { crash: 0 },
  "the process dies in the middle of a line": { crash: 0.5 },
  "the mark is cleared and the job begins anew": ["renew", 0],
  "another run is lost": ["lose", 1],
  "the store is busy": "busy",
  "somebody else writes": "foreign",
};

describe("a run that shows itself before any single operation of its release keeps its mark, on generation", () => {
  for (const generation of ["A", "B", "C", "D"] as const) {
    it(generation, async () => {
      const kind = { generation, off: false, plain: false, badRecords: false, slow: true };
      for (let operation = 0; ; operation += 1) {
        const { fault, interruptions } = await play({ kind, steps: late(operation) });
        assert.equal(fault, undefined, `before operation ${operation}`);
        if (interruptions === 0) break;
      }
    });
  }
});

describe("before any single operation of a release, on the store of generation", () => {
  for (const generation of ["A", "B", "C", "D"] as const) {
    for (const [name, what] of Object.entries(CUTS)) {
      it(`${generation}, ${name}`, async () => {
        const kind = { generation, off: false, plain: false, badRecords: true, slow: false };
        let operations = 0;
        for (;;) {
          const { fault, interruptions } = await play({ kind, steps: lost(operations, what) });
          assert.equal(fault, undefined, `before operation ${operations}`);
          if (interruptions === 0) break;
          operations += what === "busy" ? 4 : 1;
        }
        assert.ok(operations > 10, `a release has only ${operations} operations`);
      });
    }
  }
});
