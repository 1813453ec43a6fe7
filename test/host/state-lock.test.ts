import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, describe, it } from "node:test";
import { askStateLock } from "../../plugin/host/generation-d/state-lock.ts";
import { seesEveryProcess } from "../../plugin/host/pid-namespace.ts";
import { startTicksOf } from "../../plugin/host/process-identity.ts";

const OTHER = "openclaw-4711";

describe("the gateway's lock on its state folder, as the kernel tells it", () => {
  let stateDir = "";
  let lock: DatabaseSync | undefined;

  before(async () => {
    stateDir = await mkdtemp(join(tmpdir(), "state-lock-"));
    await mkdir(join(stateDir, "tmp", `openclaw-${process.getuid?.()}`), { recursive: true });
    await mkdir(join(stateDir, "tmp", OTHER));
  });
  after(async () => {
    lock?.close();
    await rm(stateDir, { recursive: true, force: true });
  });

  const open = () =>
    new DatabaseSync(join(stateDir, "tmp", `openclaw-${process.getuid?.()}`, "gateway.state.lock.sqlite"));
  const otherUserIs = (pid: number, startTime: number | undefined) =>
    writeFile(join(stateDir, "tmp", OTHER, "gateway.state.lock"), JSON.stringify({ pid, startTime }));

  it("is a doubt where there is no such file", () => {
    assert.equal(askStateLock(stateDir).kind, "unread");
  });

  it("is a doubt while the file is open and not locked by us", () => {
    lock = open();
    lock.exec("CREATE TABLE IF NOT EXISTS held (at)");
    assert.equal(askStateLock(stateDir).kind, "unread");
  });

  it("is proof that there is no other gateway while we hold it, and asking does not let go of it", () => {
    lock?.exec("BEGIN EXCLUSIVE");
    assert.equal(askStateLock(stateDir).kind, "absent");
    assert.equal(askStateLock(stateDir).kind, "absent");
    const second = open();
    assert.throws(() => second.exec("BEGIN EXCLUSIVE"), /locked/);
    second.close();
  });

  it("is no proof while another user's gateway lives on the same folder", async () => {
    await otherUserIs(process.pid, await startTicksOf("self"));
    assert.equal(askStateLock(stateDir).kind, "live");
  });

  it("is proof again when that one is gone, its pid given to another process or not", async () => {
    await otherUserIs(process.pid, 1);
    assert.equal(askStateLock(stateDir).kind, "absent");
    await otherUserIs(2 ** 22 + 1, 1);
    assert.equal(askStateLock(stateDir).kind, seesEveryProcess() ? "absent" : "unread");
  });

  it("is a doubt if another user's lock cannot be read", async () => {
    await writeFile(join(stateDir, "tmp", OTHER, "gateway.state.lock"), "half a");
    assert.equal(askStateLock(stateDir).kind, "unread");
  });
});
