import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Plan, planOf, type World } from "./plan.ts";

const FILES: World = { store: "files", runsHoldEachOther: true, schedulerOff: 0.25 };
const DATABASE: World = { store: "database", runsHoldEachOther: false, schedulerOff: 0.6 };

const plans = (world: World): readonly Plan[] => Array.from({ length: 500 }, (_, seed) => planOf(seed, world));
const share = (all: readonly Plan[], of: (plan: Plan) => boolean): number => all.filter(of).length / all.length;
const kinds = ({ steps }: Plan): readonly string[] => steps.map(({ kind }) => kind);

describe("a plan", () => {
  it("is decided by its seed alone", () => {
    for (const seed of [1, 2, 77]) assert.deepEqual(planOf(seed, FILES), planOf(seed, FILES));
    assert.notDeepEqual(planOf(1, FILES).steps, planOf(2, FILES).steps);
  });

  for (const [name, world] of Object.entries({ FILES, DATABASE })) {
    it(`brings every fault and every kind of job often enough: ${name}`, () => {
      const all = plans(world);
      for (const kind of ["run", "due", "wait", "pause", "reload", "crash", "plant", "watch"]) {
        assert.ok(share(all, (plan) => kinds(plan).includes(kind)) > 0.1, kind);
      }
      for (const behaviour of ["answer", "slow", "hang", "time-out", "error", "hook", "delivery"]) {
        assert.ok(share(all, ({ jobs }) => jobs.some((job) => job.behaviour === behaviour)) > 0.2, behaviour);
      }
      for (const by of ["kill", "terminate"]) {
        assert.ok(share(all, ({ steps }) => steps.some((step) => step.kind === "crash" && step.by === by)) > 0.2, by);
      }
      const fault = world.store === "files" ? "lose" : "lock";
      assert.ok(share(all, (plan) => kinds(plan).includes(fault)) > 0.1, fault);
      assert.ok(Math.abs(share(all, ({ scheduler }) => scheduler === "off") - world.schedulerOff) < 0.1);
    });

    it(`asks nothing of a scheduler that is off: ${name}`, () => {
      for (const plan of plans(world).filter(({ scheduler }) => scheduler === "off")) {
        assert.ok(!kinds(plan).includes("due") && !kinds(plan).includes("lose"));
      }
    });

    it(`names jobs that it has: ${name}`, () => {
      for (const { jobs, steps } of plans(world)) {
        for (const step of steps) {
          const named =
            "job" in step
              ? [step.job]
              : "jobs" in step
                ? step.jobs
                : "marks" in step
                  ? step.marks.map(({ job }) => job)
                  : [];
          for (const job of named) assert.ok(job < jobs.length);
        }
      }
    });
  }
});
