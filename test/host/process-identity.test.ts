import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { it } from "node:test";
import { lifeOf, ownerLives, parseStat, startTicksOf } from "../../plugin/host/process-identity.ts";

it("knows a living process by pid and start time", async () => {
  const ticks = await startTicksOf("self");
  assert.ok(ticks !== undefined && ticks > 0);
  assert.deepEqual(await ownerLives(process.pid, ticks), { kind: "read", value: true });
});

it("knows another process with the same pid for another process", async () => {
  const ticks = (await startTicksOf("self")) ?? 0;
  assert.deepEqual(await ownerLives(process.pid, ticks - 1), { kind: "read", value: false });
});

it("knows a process that has ended", async () => {
  const child = spawn(process.execPath, ["-e", ""]);
  const { pid = 0 } = child;
  await new Promise((gone) => child.once("close", gone));
  assert.deepEqual(await lifeOf(pid), { kind: "read", value: { kind: "gone" } });
  assert.deepEqual(await ownerLives(pid, 1), { kind: "read", value: false });
});

it("knows a process that has ended and was not noticed yet for a dead one", async () => {
  assert.deepEqual(parseStat("7 (open) claw) Z 1 7 7 0 -1 4 0 0 0 0 0 0 0 0 20 0 1 0 4711 0"), {
    title: "open) claw",
    dead: true,
    startTicks: 4711,
  });
});

it("doubts a living pid whose start time nobody wrote down", async () => {
  assert.equal((await ownerLives(process.pid, undefined)).kind, "unread");
});

for (const pid of [0, -1, 1.5, Number.NaN, 2 ** 60]) {
  it(`doubts pid ${pid}, and signals nobody`, async () => assert.equal((await lifeOf(pid)).kind, "unread"));
}
