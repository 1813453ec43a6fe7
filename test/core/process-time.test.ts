import assert from "node:assert/strict";
import { it } from "node:test";
import { beat, type ClockReading, startClock } from "../../plugin/core/process-time.ts";
import { seconds } from "../../plugin/core/time.ts";

const start: ClockReading = { wall: 1_000_000, monotonic: 0, boot: 500_000 };
const moved = (wall: number, monotonic: number, boot = monotonic): ClockReading => ({
  wall: start.wall + wall,
  monotonic: start.monotonic + monotonic,
  boot: 500_000 + boot,
});
const after = (reading: ClockReading) => beat(startClock(start), reading, seconds(1));

it("credits the time that passed", () => {
  assert.equal(after(moved(1000, 1000)).state.now, 1000);
  assert.equal(after(moved(1000, 1000)).disturbance, undefined);
});

it("credits at most one and a half periods, however late the beat", () => {
  assert.equal(after(moved(9000, 9000)).state.now, 1500);
});

it("reports a process that stood still", () => {
  assert.match(after(moved(180_000, 180_000)).disturbance ?? "", /stood still for 180s/);
});

it("reports a machine that slept, and takes it for no step of the clock", () => {
  const { state, disturbance } = after(moved(180_000, 1000, 180_000));
  assert.match(disturbance ?? "", /slept for 179s/);
  assert.equal(state.stepped, false);
});

for (const step of [-7_200_000, 7_200_000]) {
  it(`reports a wall clock that stepped by ${step} ms, and remembers it`, () => {
    const { state, disturbance } = after(moved(1000 + step, 1000));
    assert.match(disturbance ?? "", /wall clock stepped/);
    assert.equal(state.now, 1000);
    const next = beat(state, moved(2000 + step, 2000), seconds(1));
    assert.equal(next.disturbance, undefined);
    assert.equal(next.state.stepped, true);
  });
}

it("takes a sleep for a step where the system cannot tell them apart", () => {
  const { state } = beat(
    startClock({ ...start, boot: undefined }),
    { ...moved(180_000, 1000), boot: undefined },
    seconds(1),
  );
  assert.equal(state.stepped, true);
});

for (const [known, then] of [
  [500_000, undefined],
  [undefined, 680_000],
] as const) {
  it(`takes it for a step too if the time since the boot is ${then}, and was ${known}`, () => {
    const reading = { ...moved(180_000, 1000), boot: then };
    assert.equal(beat(startClock({ ...start, boot: known }), reading, seconds(1)).state.stepped, true);
  });
}

it("takes no sleep for a step that the wall clock did not notice", () => {
  assert.equal(after(moved(1000, 1000, 9000)).state.stepped, false);
});

it("overlooks what is no longer than two seconds, or ten periods", () => {
  for (const small of [moved(3000, 1000), moved(1000, 1000, 3000), moved(10_000, 10_000)]) {
    assert.equal(after(small).disturbance, undefined);
    assert.equal(after(small).state.stepped, false);
  }
  // The wall clock moved by more than the sleep explains, by exactly two seconds.
  assert.equal(after(moved(8000, 1000, 6000)).state.stepped, false);
});

it("never runs backwards", () => {
  assert.equal(after(moved(0, -5000)).state.now, 0);
});

it("counts from beat to beat", () => {
  const { state } = beat(after(moved(1000, 1000)).state, moved(1500, 1500), seconds(1));
  assert.equal(state.now, 1500);
  assert.equal(state.stepped, false);
});
