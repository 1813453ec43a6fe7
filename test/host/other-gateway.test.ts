import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { askOtherGateways } from "../../plugin/host/other-gateway.ts";

const ours = process.title;
let folder: string;
const children: ChildProcess[] = [];

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "other-gateway-"));
  // A gateway calls itself so; otherwise the listing of processes is not trusted.
  process.title = "openclaw-gateway";
});
after(async () => {
  process.title = ours;
  await rm(folder, { recursive: true });
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill("SIGKILL");
    await new Promise((gone) => child.once("close", gone));
  }
});

/** A process that calls itself a gateway, with only this environment. */
async function gateway(env: Readonly<Record<string, string>>): Promise<number> {
  const program = 'process.title = "openclaw-gateway"; console.log("up"); setInterval(() => {}, 1000);';
  const child = spawn(process.execPath, ["-e", program], { env, stdio: ["ignore", "pipe", "ignore"] });
  children.push(child);
  await new Promise((up) => child.stdout?.once("data", up));
  return child.pid ?? 0;
}

describe("another gateway", () => {
  it("on another state folder is none of our business", async () => {
    await gateway({ OPENCLAW_STATE_DIR: join(folder, "other") });
    assert.deepEqual(await askOtherGateways(join(folder, "mine")), { kind: "absent" });
  });

  it("on our state folder is seen, though it holds no lock", async () => {
    const pid = await gateway({ OPENCLAW_STATE_DIR: folder });
    assert.deepEqual(await askOtherGateways(folder), {
      kind: "live",
      because: `gateway pid ${pid} has the same state folder`,
    });
  });

  it("is seen through a link to our state folder", async () => {
    const link = `${folder}-link`;
    await symlink(folder, link);
    await gateway({ OPENCLAW_STATE_DIR: link });
    assert.equal((await askOtherGateways(folder)).kind, "live");
    await rm(link);
  });

  it("is known by its config file when it names no state folder", async () => {
    await gateway({ OPENCLAW_CONFIG_PATH: join(folder, "openclaw.json"), HOME: "/nowhere" });
    assert.equal((await askOtherGateways(folder)).kind, "live");
  });

  it("that may run any profile of our home is a doubt", async () => {
    await gateway({ HOME: folder });
    assert.equal((await askOtherGateways(join(folder, ".openclaw-work"))).kind, "unread");
    assert.equal((await askOtherGateways(join(folder, "elsewhere"))).kind, "absent");
  });

  it("that says nothing of itself is a doubt", async () => {
    await gateway({ PATH: "/bin" });
    assert.equal((await askOtherGateways(folder)).kind, "unread");
  });
});

it("a process that is not even in the list of gateways doubts the list", async () => {
  const title = process.title;
  process.title = "somebody-else";
  assert.equal((await askOtherGateways(folder)).kind, "unread");
  process.title = title;
});
