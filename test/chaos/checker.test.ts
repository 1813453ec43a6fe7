import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { check, type Sin } from "./checker.ts";
import type { Diary } from "./diary.ts";
import { BOOTED, BORN, END, entry, honest, KILLED, LOST, LOST_AT, line, lost, ours, run, told, WELL } from "./given.ts";

const sinsOf = (change: Partial<Diary>): readonly Sin["kind"][] =>
  check({ ...honest, ...change }).sins.map(({ kind }) => kind);

const LATER = BOOTED + 20_000;
/** A run that began in the second life and lives to the end of the diary, unless it is said to end. */
const living = {
  marks: [...honest.marks, { job: WELL, mark: LATER, first: LATER + 100, last: END }],
  executions: [...honest.executions, run(WELL, LATER + 400, END - 2000, "answered")],
  entriesAtEnd: [...honest.entriesAtEnd, entry(WELL, LATER, END - 1900)],
  shown: { [WELL]: 2, [LOST]: 1 },
} satisfies Partial<Diary>;

describe("the checker", () => {
  it("finds nothing in an honest diary, and counts what was there", () => {
    const { sins, counts } = check(honest);
    assert.deepEqual(sins, []);
    assert.equal(counts.orphans, 1);
    assert.equal(counts.orphansByDeath, 1);
    assert.equal(counts.healedByPlugin, 1);
    assert.equal(counts.liveHeld, 1, "the lost run was looked at while it lived, without a session");
    assert.equal(counts.liveSuspected, 0);
    assert.equal(counts.longestHeld, BOOTED + 800 - KILLED);
  });

  it("finds nothing in an honest diary with a run that lives long", () => assert.deepEqual(sinsOf(living), []));

  it("catches a live run that is released", () => {
    const said = [...honest.said, line("released", WELL, LATER, LATER + 30_000)];
    assert.deepEqual(sinsOf({ ...living, said }), ["live run released"]);
  });

  it("catches a release that came before the death", () => {
    const said = [...honest.said, line("released", LOST, LOST_AT, KILLED - 1000)];
    assert.deepEqual(sinsOf({ said }), ["live run released"]);
  });

  it("catches the release of an orphan while another run of its job is in the model's hands", () => {
    const executions = [...honest.executions, run(LOST, BOOTED + 100, END, "answered")];
    const entriesAtEnd = [...honest.entriesAtEnd, entry(LOST, BOOTED + 50, END)];
    assert.deepEqual(sinsOf({ executions, entriesAtEnd, shown: {} }), ["live run released"]);
  });

  it("catches a run that is executed twice because of a release", () => {
    const said = [...honest.said, line("released", WELL, LATER, LATER + 30_000)];
    const executions = [...living.executions, run(WELL, LATER + 31_000, LATER + 31_100, "answered")];
    const entriesAtEnd = [...living.entriesAtEnd, entry(WELL, LATER + 30_900, LATER + 31_200)];
    const shown = { [WELL]: 3, [LOST]: 1 };
    assert.deepEqual(sinsOf({ ...living, said, executions, entriesAtEnd, shown }), [
      "live run released",
      "double run after a release",
    ]);
  });

  it("tells from it a double run by the gateway itself", () => {
    const executions = [...living.executions, run(WELL, LATER + 31_000, LATER + 31_100, "answered")];
    const entriesAtEnd = [...living.entriesAtEnd, entry(WELL, LATER + 30_900, LATER + 31_200)];
    const { sins, counts } = check({ ...honest, ...living, executions, entriesAtEnd, shown: {} });
    assert.deepEqual(sins, []);
    assert.equal(counts.doubleByGateway, 1);
  });

  it("catches an orphan that is left", () => {
    const marksAtEnd = [{ job: LOST, mark: LOST_AT }];
    assert.deepEqual(sinsOf({ marksAtEnd }), ["orphan left"]);
  });

  it("catches a mark at the end that nobody can explain", () => {
    assert.deepEqual(sinsOf({ marksAtEnd: [{ job: WELL, mark: LATER }] }), ["orphan left"]);
  });

  it("catches a lost run without an entry", () => {
    assert.deepEqual(sinsOf({ entriesAtEnd: [told], shown: {} }), ["entry missing"]);
  });

  it("does not take the entry of a later run for that of the lost one", () => {
    const later = entry(LOST, LATER, LATER + 500);
    assert.deepEqual(sinsOf({ entriesAtEnd: [told, later], shown: {} }), ["entry missing"]);
  });

  it("catches a finished run without an entry", () => {
    assert.deepEqual(sinsOf({ entriesSeen: [], entriesAtEnd: [lost], shown: {} }), ["entry missing"]);
  });

  it("does not blame anybody for a run that died before it had a mark", () => {
    const executions = [...honest.executions, run(WELL, KILLED - 500, KILLED, "cut")];
    const { sins, counts } = check({ ...honest, executions });
    assert.deepEqual(sins, []);
    assert.equal(counts.lostWithoutMark, 1);
  });

  it("catches an entry of ours beside another of ours", () => {
    const entriesAtEnd = [...honest.entriesAtEnd, ours(LOST, LOST_AT, BOOTED + 2000)];
    assert.deepEqual(sinsOf({ entriesAtEnd, shown: {} }), ["entry doubled"]);
  });

  it("catches an entry of ours beside the gateway's own, whatever start that tells", () => {
    for (const runAt of [LOST_AT, LOST_AT + 12_000]) {
      const entriesAtEnd = [
        ...honest.entriesAtEnd,
        entry(LOST, runAt, LOST_AT + 13_000, "error", "database is locked"),
      ];
      assert.deepEqual(sinsOf({ entriesAtEnd, shown: {} }), ["entry doubled"]);
    }
  });

  it("catches two entries of one run that ended well", () => {
    const entriesAtEnd = [...honest.entriesAtEnd, { ...told, runAt: told.runAt + 3 }];
    assert.deepEqual(sinsOf({ entriesAtEnd, shown: {} }), ["entry doubled"]);
  });

  it("catches an entry that calls a run lost which ended well", () => {
    const entriesAtEnd = [...honest.entriesAtEnd, ours(WELL, told.runAt, BOOTED + 900)];
    assert.deepEqual(sinsOf({ entriesAtEnd, shown: {} }), ["entry doubled", "entry for a live run"]);
  });

  it("catches a result that is overwritten, changed or gone", () => {
    const changed = { ...told, status: "error" };
    assert.deepEqual(sinsOf({ entriesAtEnd: [changed, lost] }), ["result overwritten"]);
    assert.deepEqual(sinsOf({ entriesSeen: [told, entry(WELL, BORN + 1000, BORN + 1500)] }), ["result overwritten"]);
  });

  it("catches a job that refuses to run and a history that is not shown", () => {
    assert.deepEqual(sinsOf({ refused: [{ job: LOST, reason: "already-running" }] }), ["job refuses to run"]);
    assert.deepEqual(sinsOf({ shown: { [WELL]: 1, [LOST]: 0 } }), ["history not shown"]);
  });

  it("shares no code with the plugin, nor with what the plugin is tested with", () => {
    for (const name of ["checker.ts", "counts.ts", "truth.ts", "said.ts", "diary.ts"]) {
      const source = readFileSync(join(import.meta.dirname, name), "utf8");
      for (const [, from] of source.matchAll(/from "([^"]+)"/g))
        assert.match(from ?? "", /^\.\/(checker|counts|truth|said|diary)\.ts$/);
    }
  });
});
