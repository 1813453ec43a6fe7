import assert from "node:assert/strict";
import { it } from "node:test";
import { ProcessClock } from "../../plugin/host/process-clock.ts";

it("knows of a step of the wall clock before its next beat", ({ mock }) => {
  // Found by test/model: clock back, run starts, look: the mark is older than the process and no step was seen yet.
  const clock = new ProcessClock(() => {});
  clock.start();
  try {
    assert.equal(clock.stepped, false);
    mock.timers.enable({ apis: ["Date"], now: Date.now() - 7_200_000 });
    assert.equal(clock.stepped, true);
  } finally {
    clock.stop();
  }
});
