import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Memory } from "../plugin/core/examine.ts";
import { jobId } from "../plugin/core/job.ts";
import type { Claim } from "../plugin/core/snapshot.ts";
import { live } from "../plugin/core/testimony.ts";
import { instant } from "../plugin/core/time.ts";
import { heal } from "../plugin/heal.ts";
import { observing } from "../plugin/host/observing.ts";
import { createLog } from "../plugin/log.ts";
import { Recorder } from "../plugin/record.ts";
import { claim, job, mark, NOON, policy, says } from "./core/given.ts";
import { MemoryHost } from "./host/memory.ts";

/** A healer over a gateway in memory, whose clock the test turns. */
function given(
  claims: readonly Claim[],
  decorate = (host: MemoryHost) => host as Pick<MemoryHost, "snapshot" | "release" | "description">,
) {
  const host = new MemoryHost();
  host.claims = claims;
  const lines: string[] = [];
  const say = (line: string) => lines.push(line.replace("openclaw-cron-healer: ", ""));
  const healer = {
    host: decorate(host),
    policy,
    recorder: new Recorder(createLog({ debug: () => {}, info: say, warn: say, error: say }, "info")),
  };
  let memory: Memory = new Map();
  const passAt = async (second: number) => {
    host.second = second;
    const pass = await heal(healer, memory);
    memory = pass.memory;
    return pass.outcomes.map(({ result }) => (result.kind === "answered" ? result.receipt.kind : result.kind));
  };
  return { host, lines, passAt };
}

const leftOver = claim({
  origin: { olderThanProcess: true, readBeforeScheduler: true, clockStepped: false, owner: "not-named" },
});

describe("a pass", () => {
  it("frees an orphan once, writes one entry and says one line", async () => {
    const { host, lines, passAt } = given([leftOver]);
    assert.deepEqual(await passAt(1), ["released"]);
    assert.deepEqual(await passAt(2), []);
    assert.equal(host.entries.length, 1);
    assert.equal(lines.length, 1);
    assert.match(
      lines[0] ?? "",
      /^released job=job-1 name=digest .*verdict=orphan .*session=absent.*took=.*entry=written$/,
    );
  });

  it("says nothing of a healthy run", async () => {
    const { lines, passAt } = given([claim({ testimony: [says("session", live("1 run"))] })]);
    await passAt(1);
    await passAt(31);
    assert.deepEqual(lines, []);
  });

  it("warns once of a run that lives beyond its patience", async () => {
    const { host, lines, passAt } = given([claim({ testimony: [says("session", live("1 run"))] })]);
    for (const second of [1, 601, 631, 661]) await passAt(second);
    assert.equal(lines.length, 1);
    assert.match(
      lines[0] ?? "",
      /still running beyond its patience, left alone .*patience=10m from="2 x interval 5m = 10m"/,
    );
    assert.equal(host.writes, 0);
  });

  it("two at once release once", async () => {
    const host = new MemoryHost();
    host.claims = [leftOver];
    const recorder = new Recorder(createLog({ info: () => {}, warn: () => {}, error: () => {} }, "error"));
    const healer = { host, policy, recorder };
    const passes = await Promise.all([heal(healer, new Map()), heal(healer, new Map())]);
    const receipts = passes.flatMap(({ outcomes }) => outcomes.map(({ result }) => result));
    assert.deepEqual(
      receipts.map((result) => result.kind === "answered" && result.receipt.kind),
      ["released", "moved-on"],
    );
    assert.equal(host.entries.length, 1);
  });
});

describe("the last check before the write", () => {
  it("lets go when the job has started again since the snapshot", async () => {
    const { host, passAt } = given([leftOver]);
    const next = claim({ mark: mark({ startedAt: instant(NOON + 5000) }) });
    host.meanwhile = () => {
      host.claims = [next];
    };
    assert.deepEqual(await passAt(1), ["moved-on"]);
    assert.deepEqual(host.claims, [next]);
    assert.equal(host.writes, 0);
  });

  it("lets go when a witness speaks up", async () => {
    const { host, passAt } = given([leftOver]);
    host.meanwhile = () => {
      host.claims = [{ ...leftOver, testimony: [says("session", live("1 run"))] }];
    };
    assert.deepEqual(await passAt(1), ["withheld"]);
    assert.equal(host.writes, 0);
  });
});

it("a busy store is tried again, and given up after two seconds", async () => {
  const short = given([leftOver]);
  short.host.busy = 2;
  assert.deepEqual(await short.passAt(1), ["released"]);
  const long = given([leftOver]);
  long.host.busy = 1000;
  const began = performance.now();
  assert.deepEqual(await long.passAt(1), ["failed"]);
  assert.ok(performance.now() - began < 3000);
  assert.match(long.lines[0] ?? "", /could not be released .*because=locked/);
});

it("observing writes nothing and says what would be done, once", async () => {
  const { host, lines, passAt } = given([leftOver], (inner) => observing(inner, "observe mode"));
  assert.deepEqual(await passAt(1), ["withheld"]);
  assert.deepEqual(await passAt(31), ["withheld"]);
  assert.equal(host.writes, 0);
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? "", /would be released, withheld .*because="observe mode"/);
});

it("fifty left over by a dead gateway are freed in one pass, one after another", async () => {
  const fifty = Array.from({ length: 50 }, (_, index) => {
    const id = jobId(`job ${index}`);
    return { ...leftOver, mark: mark({ jobId: id }), job: job({ id, name: id }) };
  });
  const { host, lines, passAt } = given(fifty);
  let atOnce = 0;
  let most = 0;
  const release = host.release.bind(host);
  host.release = async (...of) => {
    most = Math.max(most, ++atOnce);
    await new Promise(setImmediate);
    const receipt = await release(...of);
    atOnce -= 1;
    return receipt;
  };
  const kinds = await passAt(1);
  assert.deepEqual([kinds.length, new Set(kinds)], [50, new Set(["released"])]);
  assert.deepEqual([host.entries.length, host.claims.length, most, lines.length], [50, 0, 1, 50]);
});

it("a job that was released three times in 72 hours is handed to the operator, loudly and once", async () => {
  const { host, lines, passAt } = given([]);
  for (const second of [1, 2, 3, 4]) {
    host.claims = [{ ...leftOver, mark: mark({ startedAt: instant(NOON + second * 1000) }) }];
    await passAt(second);
  }
  await passAt(34);
  assert.equal(host.entries.length, 3);
  assert.equal(host.claims.length, 1);
  assert.equal(lines.length, 4);
  assert.match(
    lines[3] ?? "",
    /^needs review: released too often, left alone now job=job-1 .*reason="released 3 times/,
  );
  assert.match(lines[3] ?? "", /since=\S+ releases=3$/);
});

it("one failing job does not stop the others", async () => {
  const other = claim({ ...leftOver, mark: mark({ jobId: "job-2" as never }), job: job({ id: "job-2" as never }) });
  const { host, passAt } = given([leftOver, other]);
  const release = host.release.bind(host);
  host.release = async (of, entry) => {
    if (of === host.claims[0]) throw new Error("boom");
    return await release(of, entry);
  };
  const kinds = await passAt(1);
  assert.ok(kinds.includes("released"));
});
