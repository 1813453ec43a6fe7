import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { said, waitForSaying } from "../2026-9-6/said.ts";
import { tarball } from "../2026-9-6/tarball.ts";
import { cli } from "../harness/cli.ts";
import { Gateway } from "../harness/gateway.ts";
import { type Home, makeHome } from "../harness/home.ts";
import { FakeModel } from "../harness/model.ts";
import { HEALER } from "../harness/plugin.ts";

describe("2026.8.2, the tarball in a fresh home", { timeout: 900_000 }, () => {
  let model: FakeModel;
  let home: Home;
  let gateway: Gateway;

  before(async () => {
    model = await FakeModel.start();
    home = await makeHome({ version: "2026.8.2", model, probe: false });
    gateway = new Gateway(home);
  });
  after(async () => {
    await gateway?.[Symbol.asyncDispose]();
    await home?.[Symbol.asyncDispose]();
    await model?.[Symbol.asyncDispose]();
  });

  async function openclaw(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await cli(gateway, ...args);
    assert.equal(code, 0, `openclaw ${args.join(" ")}\n${stdout}${stderr}`);
    return stdout + stderr;
  }

  const inspected = async (...more: readonly string[]) =>
    (await cli(gateway, "plugins", "inspect", HEALER, "--json", ...more)).json<{
      readonly plugin: { readonly id: string; readonly status: string };
      readonly diagnostics: readonly unknown[];
    }>();

  it("the real CLI installs it, and its scan finds nothing", async () => {
    const output = await openclaw("plugins", "install", await tarball(home.folder), "--force", "--accept-capabilities");
    assert.doesNotMatch(output, /critical|dangerous|suspicious/i);
  });

  it("`plugins inspect --runtime` shows it loaded, without a diagnostic", async () => {
    const { plugin, diagnostics } = await inspected("--runtime");
    assert.equal(plugin.id, HEALER);
    assert.equal(plugin.status, "loaded");
    assert.deepEqual(diagnostics, []);
  });

  it("`plugins doctor` finds nothing", async () => {
    assert.doesNotMatch(await openclaw("plugins", "doctor"), /warn|error|openclaw-cron-healer/i);
  });

  it("a quiet gateway says one line of it at info", async () => {
    await gateway.start({ scheduler: "on" });
    assert.match(await waitForSaying(gateway, /^ready /), /mode=heal generation="D \(SQLite, run receipts\)"/);
    assert.deepEqual(
      said(gateway).map((line) => line.split(" ")[0]),
      ["ready"],
    );
    await gateway.kill9();
  });

  it("disabled it says nothing, enabled it is ready again", async () => {
    await openclaw("plugins", "disable", HEALER);
    assert.equal((await inspected()).plugin.status, "disabled");
    const since = gateway.mark();
    await gateway.start({ scheduler: "on" });
    assert.deepEqual(said(gateway, since), []);
    await gateway.kill9();
    await openclaw("plugins", "enable", HEALER);
    await gateway.start({ scheduler: "on" });
    await waitForSaying(gateway, /^ready mode=heal/, { since });
    await gateway.kill9();
  });

  it("uninstalled it is gone, and the gateway starts as before", async () => {
    await openclaw("plugins", "uninstall", HEALER, "--force");
    const { code } = await cli(gateway, "plugins", "inspect", HEALER, "--json");
    assert.notEqual(code, 0);
    const since = gateway.mark();
    await gateway.start({ scheduler: "on" });
    assert.deepEqual(said(gateway, since), []);
  });
});
