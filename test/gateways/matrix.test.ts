import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseArguments, VERSIONS } from "./arguments.ts";
import { between, supported } from "./docs.ts";
import { type Fate, fateOf, type Look } from "./fate.ts";
import { oneByOne } from "./one-by-one.ts";
import { pooled } from "./pool.ts";
import { REQUIRED, type Required } from "./required.ts";
import { ROW_NAMES } from "./rows.ts";
import { SCENES } from "./scenes.ts";
import { asJson, asMarkdown, asText } from "./table.ts";
import { type Cell, judged, type Seen } from "./verdict.ts";

const us: Required = { kind: "required", fate: "by us", cites: "" };
const seen = (fate: Fate, seconds?: number): Seen => ({ kind: "seen", fate, seconds, proof: "as the log says" });
const cell = (required: Required, alone?: Seen, helped?: Seen): Cell =>
  judged("killed", "2026.9.6", required, alone, helped);

describe("a cell", () => {
  it("passes if what was seen is what is required, and the fault was there without the plugin", () => {
    assert.equal(cell(us, seen("stuck"), seen("by us", 3)).outcome, "passed");
  });

  it("fails on another fate, and says both", () => {
    const wrong = cell(us, seen("stuck"), seen("by the gateway", 3));
    assert.equal(wrong.outcome, "failed");
    assert.equal(wrong.because, "by the gateway (as the log says), required is by us");
  });

  it("fails if the fault is not there without the plugin", () => {
    const wrong = cell(us, seen("by the gateway"), seen("by us", 3));
    assert.equal(wrong.outcome, "failed");
    assert.match(wrong.because ?? "", /^the fault is not there without the plugin: by the gateway/);
  });

  it("fails if it could not be made or was not looked at", () => {
    const thrown: Seen = { kind: "failed", because: "no gateway" };
    assert.equal(cell(us, thrown, seen("by us")).because, "without the plugin: no gateway");
    assert.equal(cell(us, seen("stuck"), thrown).because, "with the plugin: no gateway");
    assert.equal(cell(us).because, "it was not looked at");
  });

  it("is n.a. where the state does not exist, and counts as neither", () => {
    const absent = cell({ kind: "n.a.", because: "no receipts" });
    assert.equal(absent.outcome, "n.a.");
    assert.match(asText([absent]), /^0 passed, 0 failed$/m);
  });
});

describe("the fate of a run", () => {
  const look: Look = { marked: false, named: false, released: false, entries: { ours: 0, restored: 0, others: 0 } };
  const fates: readonly (readonly [Partial<Omit<Look, "entries">>, Partial<Look["entries"]>, Fate])[] = [
    [{ marked: true }, {}, "stuck"],
    [{ marked: true }, { others: 1 }, "stuck"],
    [{ marked: true, named: true }, {}, "named, left alone"],
    [{ released: true, named: true }, { ours: 1 }, "by us"],
    [{ released: true }, { others: 1 }, "by us, own result kept"],
    [{ released: true }, { restored: 1 }, "by us, own result restored"],
    [{ released: true }, {}, "by us, untold"],
    [{}, { others: 1 }, "by the gateway"],
    [{}, { ours: 1 }, "by the gateway, told by us"],
    [{}, {}, "cleared, untold"],
    [{ released: true }, { ours: 1, others: 1 }, "told twice"],
    [{ released: true }, { ours: 2 }, "told twice"],
    [{ marked: true, named: true }, { ours: 1, others: 1 }, "told twice"],
  ];
  for (const [signs, entries, fate] of fates) {
    it(`${JSON.stringify({ ...signs, ...entries })} is: ${fate}`, () => {
      assert.equal(fateOf({ ...look, ...signs, entries: { ...look.entries, ...entries } }), fate);
    });
  }
});

describe("the table", () => {
  const cells = [
    cell(us, seen("stuck"), seen("by us", 2.44)),
    judged("planted", "2026.9.6", us, seen("stuck"), seen("stuck")),
    judged("planted", "2026.8.2", { kind: "n.a.", because: "no receipts" }, undefined, undefined),
  ];

  it("has a row for each state, a column for each version, why a cell failed, and the count in its last line", () => {
    const lines = asText(cells).trimEnd().split("\n");
    assert.match(lines[0] ?? "", /2026\.8\.2 \| 2026\.9\.6/);
    assert.match(lines[2] ?? "", /^gateway killed in mid-run, scheduler on .*\| by us, 2\.4 s$/);
    assert.match(lines[3] ?? "", /\| n\.a\. +\| FAILED: stuck$/);
    assert.ok(lines.includes("2026.9.6 planted: stuck (as the log says), required is by us"));
    assert.equal(lines.at(-1), "1 passed, 1 failed");
  });

  it("is the same as Markdown and as JSON", () => {
    assert.match(asMarkdown(cells), /^\| {2}\| 2026\.8\.2 \| 2026\.9\.6 \|\n\|---\|---\|---\|\n/);
    const { passed, failed, cells: all } = JSON.parse(asJson(cells, 3)) as Record<string, unknown>;
    assert.deepEqual([passed, failed, all], [1, 1, JSON.parse(JSON.stringify(cells))]);
  });

  it("fills the README: what each gateway gets into and what becomes of it", () => {
    assert.match(supported(cells), /\| 2026\.9\.6 \(SQLite, run receipts\) \| 2, 1 failed \| 0 \| 1 \| 0 \| 0 \|/);
    assert.match(supported(cells), /\| 2026\.8\.2 \(SQLite, run receipts\) \| not run \|/);
    assert.equal(between("a\n<!-- x -->\nold\n<!-- /x -->\nb", "x", "new"), "a\n<!-- x -->\nnew\n<!-- /x -->\nb");
    assert.throws(() => between("a", "x", "new"), /no <!-- x -->/);
  });
});

describe("the arguments", () => {
  it("without any: every version and every row that is not slow", () => {
    const run = parseArguments([]);
    assert.ok(run.kind === "run");
    assert.deepEqual(run.versions, VERSIONS);
    assert.ok(!run.rows.includes("final-write-timed-out"));
    const full = parseArguments(["--full"]);
    assert.deepEqual(full.kind === "run" && full.rows, ROW_NAMES);
  });

  it("--only and --row may be given more than once; a row that is named runs though it is slow", () => {
    const run = parseArguments(["--only", "2026.9.6", "--only", "2026.4.14", "--row", "final-write-timed-out"]);
    assert.ok(run.kind === "run");
    assert.deepEqual(run.versions, ["2026.4.14", "2026.9.6"]);
    assert.deepEqual(run.rows, ["final-write-timed-out"]);
  });

  for (const [given, because] of [
    [["--only", "2026.1.1"], /^--only 2026\.1\.1: the versions are 2026\.4\.14, /],
    [["--row", "no-such"], /^--row no-such: the rows are killed, /],
    [["--write", "--only", "2026.9.6"], /^--write wants a whole run/],
    [["--faster"], /--faster/],
  ] as const) {
    it(`${given.join(" ")} makes no sense, and why is said`, () => {
      const wrong = parseArguments(given);
      assert.ok(wrong.kind === "wrong");
      assert.match(wrong.because, because);
    });
  }
});

describe("what is required", () => {
  it("can be made: each row that exists on a version is made by one scene there", () => {
    for (const row of ROW_NAMES) {
      for (const version of VERSIONS) {
        const makers = SCENES.filter(
          ({ rows, versions = VERSIONS }) => rows.includes(row) && versions.includes(version),
        );
        if (REQUIRED[row][version].kind === "required") assert.equal(makers.length, 1, `${row} on ${version}`);
      }
    }
  });

  it("gateways start one after another, and one that does not start keeps no other from it", async () => {
    const order: string[] = [];
    const begin = (name: string) => async () => {
      order.push(`${name} begins`);
      await new Promise((later) => setTimeout(later, 1));
      order.push(`${name} ends`);
      if (name === "a") throw new Error("no gateway");
      return name;
    };
    const [first, second] = await Promise.allSettled([oneByOne(begin("a")), oneByOne(begin("b"))]);
    assert.deepEqual([first.status, second], ["rejected", { status: "fulfilled", value: "b" }]);
    assert.deepEqual(order, ["a begins", "a ends", "b begins", "b ends"]);
  });

  it("all tasks are done, two at once", async () => {
    const done: number[] = [];
    let busy = 0;
    let most = 0;
    await pooled(2, [1, 2, 3, 4, 5], async (task) => {
      busy += 1;
      most = Math.max(most, busy);
      await new Promise((later) => setTimeout(later, 1));
      busy -= 1;
      done.push(task);
    });
    assert.deepEqual([done.toSorted(), most], [[1, 2, 3, 4, 5], 2]);
  });
});
