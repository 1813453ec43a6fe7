import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { askOtherGateways, otherGatewayOf } from "../../plugin/host/other-gateway.ts";
import { mark } from "../core/given.ts";

const ours = process.title;
let folder: string;
let mine: string;
let other: string;
const children: ChildProcess[] = [];

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "other-gateway-"));
  mine = join(folder, "mine");
  other = join(folder, "other");
  for (const each of [mine, other]) await mkdir(each);
  // A gateway calls itself so; otherwise the listing of processes is not trusted.
  process.title = "openclaw-gateway";
});
after(async () => {
  process.title = ours;
  await rm(folder, { recursive: true });
});
afterEach(endAll);

async function endAll(): Promise<void> {
  for (const child of children.splice(0)) {
    child.kill("SIGKILL");
    await new Promise((gone) => child.once("close", gone));
  }
}

/** A process that calls itself a gateway, with only this environment. */
async function gateway(env: Readonly<Record<string, string>>, cwd = folder): Promise<number> {
  const program = 'process.title = "openclaw-gateway"; console.log("up"); setInterval(() => {}, 1000);';
  const child = spawn(process.execPath, ["-e", program], { env, cwd, stdio: ["ignore", "pipe", "ignore"] });
  children.push(child);
  await new Promise((up) => child.stdout?.once("data", up));
  return child.pid ?? 0;
}

describe("another gateway", () => {
  it("on another state folder is none of our business", async () => {
    await gateway({ OPENCLAW_STATE_DIR: other });
    assert.deepEqual(await askOtherGateways(mine), { kind: "absent" });
  });

  it("on our state folder is seen, though it holds no lock", async () => {
    const pid = await gateway({ OPENCLAW_STATE_DIR: mine });
    const because = `gateway pid ${pid} has the same state folder`;
    assert.deepEqual(await askOtherGateways(mine), { kind: "live", because });
  });

  it("is seen whatever it calls our state folder", async () => {
    const link = join(folder, "link");
    await symlink(mine, link);
    for (const [name, cwd] of [
      [link, folder],
      ["~/mine", folder],
      ["mine", folder],
      [".", mine],
    ] as const) {
      await gateway({ OPENCLAW_STATE_DIR: name, HOME: folder }, cwd);
      assert.equal((await askOtherGateways(mine)).kind, "live", name);
      await endAll();
    }
  });

  it("without a named folder is known by its home and by its config file", async () => {
    const usual = join(folder, ".openclaw");
    await mkdir(usual);
    for (const [ours, config] of [
      [mine, join(mine, "openclaw.json")],
      [usual, join(other, "openclaw.json")],
    ] as const) {
      await gateway({ OPENCLAW_CONFIG_PATH: config, HOME: folder });
      assert.equal((await askOtherGateways(ours)).kind, "live", config);
      await endAll();
    }
  });

  it("is believed about the folder that it names, blanks and older names aside", async () => {
    await gateway({ OPENCLAW_STATE_DIR: ` ${mine} `, CLAWDBOT_STATE_DIR: other, HOME: folder });
    assert.equal((await askOtherGateways(mine)).kind, "live");
    assert.equal((await askOtherGateways(other)).kind, "absent");
  });

  it("that names no folder may have any profile of its home, and no other", async () => {
    const work = join(folder, ".openclaw-work");
    await mkdir(work);
    await gateway({ HOME: folder });
    assert.equal((await askOtherGateways(work)).kind, "live");
    assert.equal((await askOtherGateways(mine)).kind, "absent");
  });

  it("whose folder cannot be found is a doubt", async () => {
    for (const env of [
      { PATH: "/bin" },
      { OPENCLAW_STATE_DIR: join(folder, "gone") },
      { HOME: join(folder, "gone") },
    ]) {
      await gateway(env as Readonly<Record<string, string>>);
      assert.equal((await askOtherGateways(mine)).kind, "unread", JSON.stringify(env));
      await endAll();
    }
  });

  it("is a doubt when the store lies outside the state folder: it may be shared", async () => {
    await gateway({ OPENCLAW_STATE_DIR: other });
    assert.equal((await askOtherGateways(mine, join(folder, "shared", "jobs.json"))).kind, "unread");
    await mkdir(join(mine, "own"));
    assert.equal((await askOtherGateways(mine, join(mine, "own", "my jobs.json"))).kind, "absent");
    await symlink(other, join(mine, "linked"));
    assert.equal((await askOtherGateways(mine, join(mine, "linked", "jobs.json"))).kind, "unread");
  });
});

it("a process that is not even in the list of gateways doubts the list", async () => {
  const title = process.title;
  process.title = "somebody-else";
  assert.equal((await askOtherGateways(mine)).kind, "unread");
  process.title = title;
});

it("behind a wall its absence is a doubt about a run that did not begin here", () => {
  const absent = { kind: "absent" } as const;
  assert.equal(otherGatewayOf(absent, mark(), false).answer.kind, "unread");
  assert.equal(otherGatewayOf(absent, mark(), true).answer.kind, "absent");
  assert.equal(otherGatewayOf({ kind: "live", because: "pid 7" }, mark(), false).answer.kind, "live");
});
