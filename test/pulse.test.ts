import assert from "node:assert/strict";
import { it } from "node:test";
import { type Millis, seconds } from "../plugin/core/time.ts";
import { Pulse, type Timers } from "../plugin/pulse.ts";

/** A pulse whose passes end when the test says so, and whose timer fires when the test says so. */
function given() {
  const passes: string[] = [];
  const ends: (() => void)[] = [];
  const delays: Millis[] = [];
  let fire: (() => void) | undefined;
  const timers: Timers = {
    after(delay, callback) {
      delays.push(delay);
      fire = callback;
      return () => {
        fire = undefined;
      };
    },
  };
  const pulse = new Pulse(
    (hint) =>
      new Promise((resolve) => {
        passes.push(hint);
        ends.push(() => resolve(seconds(30)));
      }),
    timers,
  );
  const end = async () => {
    ends.shift()?.();
    await new Promise(setImmediate);
  };
  return { pulse, passes, delays, end, fire: () => fire?.(), armed: () => fire !== undefined };
}

it("never makes two passes at once, and makes one more for all hints that came meanwhile", async () => {
  const { pulse, passes, end, fire } = given();
  for (const hint of ["start", "event", "event", "timer"]) pulse.beat(hint);
  assert.deepEqual(passes, ["start"]);
  await end();
  fire();
  assert.deepEqual(passes, ["start", "timer"]);
  await end();
  fire();
  assert.deepEqual(passes, ["start", "timer"]);
});

it("rests after each pass, then waits for as long as the pass asked", async () => {
  const { pulse, passes, delays, end, fire } = given();
  pulse.beat("start");
  await end();
  assert.deepEqual(delays, [250]);
  fire();
  assert.deepEqual(delays, [250, 29_750]);
  fire();
  assert.deepEqual(passes, ["start", "timer"]);
});

it("a hint while the timer is armed makes a pass at once", async () => {
  const { pulse, passes, end, fire } = given();
  pulse.beat("start");
  await end();
  fire();
  pulse.beat("event");
  assert.deepEqual(passes, ["start", "event"]);
});

it("a storm of hints makes one pass a rest", async () => {
  const { pulse, passes, end, fire } = given();
  pulse.beat("start");
  await end();
  for (let hints = 0; hints < 1000; hints += 1) pulse.beat("storm");
  assert.deepEqual(passes, ["start"]);
  fire();
  for (let hints = 0; hints < 1000; hints += 1) pulse.beat("storm");
  assert.deepEqual(passes, ["start", "storm"]);
});

it("stops: waits for the pass in hand, then makes no more", async () => {
  const { pulse, passes, end, armed } = given();
  pulse.beat("start");
  pulse.beat("event");
  let stopped = false;
  const stopping = pulse.stop().then(() => {
    stopped = true;
  });
  await new Promise(setImmediate);
  assert.equal(stopped, false);
  await end();
  await stopping;
  pulse.beat("late");
  assert.deepEqual(passes, ["start"]);
  assert.equal(armed(), false);
});
