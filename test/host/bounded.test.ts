import assert from "node:assert/strict";
import { it, mock } from "node:test";
import { seconds } from "../../plugin/core/time.ts";
import { bounded } from "../../plugin/host/bounded.ts";
import { withDeadline } from "../../plugin/host/deadline.ts";
import { MemoryHost } from "./memory.ts";

it("a look that hangs is given up, and no second one is begun behind it", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const host = new MemoryHost();
  const real = host.snapshot.bind(host);
  let looks = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  host.snapshot = async () => {
    looks += 1;
    await promise;
    return await real();
  };
  const guarded = bounded(host);
  const first = guarded.snapshot();
  mock.timers.tick(20_000);
  await assert.rejects(first, /no answer in 20 s/);
  await assert.rejects(guarded.snapshot(), /has not come back/);
  assert.equal(looks, 1);
  resolve();
  await new Promise(setImmediate);
  await guarded.snapshot();
  assert.equal(looks, 2);
  mock.timers.reset();
});

it("work that fails after its deadline disturbs nobody", async () => {
  const { promise, reject } = Promise.withResolvers<void>();
  await assert.rejects(withDeadline(promise, seconds(0.01), "the work"), /the work: no answer in 0.01 s/);
  reject(new Error("late"));
  await new Promise(setImmediate);
});
