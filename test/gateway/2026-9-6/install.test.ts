import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdir, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { root } from "../../build/build.ts";
import { cli } from "../harness/cli.ts";
import { Gateway } from "../harness/gateway.ts";
import { type Home, makeHome } from "../harness/home.ts";
import { FakeModel } from "../harness/model.ts";
import { HEALER, healer } from "../harness/plugin.ts";
import { configureAndRemove } from "../homes/leaving.ts";
import { said, waitForSaying } from "./said.ts";
import { tarball } from "./tarball.ts";

const run = promisify(execFile);

describe("2026.9.6, the tarball in a fresh home", { timeout: 300_000 }, () => {
  let model: FakeModel;
  let home: Home;
  let gateway: Gateway;

  before(async () => {
    model = await FakeModel.start();
    home = await makeHome({ version: "2026.9.6", model, probe: false });
    gateway = new Gateway(home);
  });
  after(async () => {
    await gateway?.[Symbol.asyncDispose]();
    await home?.[Symbol.asyncDispose]();
    await model?.[Symbol.asyncDispose]();
  });

  it("the real CLI installs it", async (t) => {
    const packed = await tarball(home.folder);
    const { folder } = await healer();
    const sizes = await Promise.all((await readdir(folder)).map(async (name) => (await stat(join(folder, name))).size));
    t.diagnostic(
      `tarball ${(await stat(packed)).size} bytes, unpacked ${sizes.reduce((sum, size) => sum + size)} bytes, index.js ${(await stat(join(folder, "index.js"))).size} bytes`,
    );
    const { code, stdout, stderr } = await cli(
      gateway,
      "plugins",
      "install",
      packed,
      "--force",
      "--accept-capabilities",
    );
    assert.equal(code, 0, stdout + stderr);
    assert.doesNotMatch(stdout + stderr, /critical|dangerous|suspicious/i);
  });

  it("`plugins inspect --runtime` shows it loaded, without a diagnostic", async () => {
    const { plugin, diagnostics } = (await cli(gateway, "plugins", "inspect", HEALER, "--runtime", "--json")).json<{
      readonly plugin: { readonly id: string; readonly status: string };
      readonly diagnostics: readonly unknown[];
    }>();
    assert.equal(plugin.id, HEALER);
    assert.equal(plugin.status, "loaded");
    assert.deepEqual(diagnostics, []);
  });

  it("`plugins doctor` finds nothing", async () => {
    const { code, stdout, stderr } = await cli(gateway, "plugins", "doctor");
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /checks passed/);
    assert.doesNotMatch(stdout + stderr, /warn|error|openclaw-cron-healer/i);
  });

  it("a quiet gateway says one line of it at info", async () => {
    await gateway.start({ scheduler: "on" });
    assert.match(await waitForSaying(gateway, /^ready /), /mode=heal generation="D \(SQLite, run receipts\)"/);
    assert.deepEqual(
      said(gateway).map((line) => line.split(" ")[0]),
      ["ready"],
    );
  });

  it("it brings no second gateway, and the gateway's own commands configure it, switch it off and remove it", async () => {
    await configureAndRemove(gateway);
  });

  it("the plugin inspector passes", async () => {
    const { folder } = await healer();
    const copy = join(home.folder, "inspected");
    await mkdir(copy);
    await cp(folder, copy, { recursive: true });
    const inspector = join(root, "node_modules", ".bin", "plugin-inspector");
    const { stdout } = await run(
      inspector,
      ["ci", "--no-openclaw", "--runtime", "--mock-sdk", "--allow-execute", "--json"],
      { cwd: copy },
    );
    assert.match(stdout, /pass/i);
  });
});
