import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { cli } from "../harness/cli.ts";
import { Gateway } from "../harness/gateway.ts";
import { type Home, makeHome } from "../harness/home.ts";
import { addJob, history, jobs, makeDue } from "../harness/jobs.ts";
import { FakeModel } from "../harness/model.ts";
import { healer } from "../harness/plugin.ts";
import { digest, plantMark, storedState } from "../harness/store.ts";
import { until } from "../harness/until.ts";
import { BRISK, PLUGIN_CONFIG } from "./configured.ts";
import { said, saidAloud, waitForLooks, waitForSaying } from "./said.ts";

describe("2026.9.6, settings, the scheduler off", { timeout: 300_000 }, () => {
  let model: FakeModel;
  let home: Home;
  let gateway: Gateway;
  let orphan = "";
  let hint = "";

  before(async () => {
    model = await FakeModel.start();
    home = await makeHome({ version: "2026.9.6", model, plugins: [await healer(BRISK)], reload: "hybrid" });
    gateway = new Gateway(home);
    await gateway.start({ scheduler: "off" });
    orphan = await addJob(gateway, { name: "orphan" });
    hint = await addJob(gateway, { name: "hint" });
    await gateway.kill9();
    plantMark(home, orphan, { runningAtMs: Date.now() - 600_000 });
    await gateway.start({ scheduler: "off", env: { OPENCLAW_CRON_HEALER_MODE: "observe" } });
  });
  after(async () => {
    await gateway?.[Symbol.asyncDispose]();
    await home?.[Symbol.asyncDispose]();
    await model?.[Symbol.asyncDispose]();
  });

  const set = (key: string, value: string) => cli(gateway, "config", "set", `${PLUGIN_CONFIG}.${key}`, value);

  /** A change of any job is a hint to look, and a look begins with the settings. */
  async function hintedAndThen<T>(condition: () => T): Promise<T> {
    await makeDue(gateway, hint, 3_600_000);
    return condition();
  }

  it("the operator's environment beats the config", async () => {
    await waitForSaying(gateway, /^ready mode=observe/);
  });

  it("observing says once what it would do, and changes nothing on disk", async () => {
    await waitForSaying(gateway, new RegExp(`^would be released, withheld job=${orphan} .*because="observe mode"`));
    const asItWas = digest(home);
    await waitForLooks(gateway, 3);
    assert.deepEqual(digest(home), asItWas);
    assert.equal(saidAloud(gateway).filter((line) => line.startsWith("would be released")).length, 1);
    assert.equal(typeof storedState(home, orphan).runningAtMs, "number");
  });

  it("a value of the wrong kind or size is refused by the host, which names the key", async () => {
    for (const [key, value] of [
      ["scanSeconds", "1"],
      ["mode", "loud"],
    ] as const) {
      const { code, stdout, stderr } = await set(key, value);
      assert.notEqual(code, 0, key);
      assert.match(stdout + stderr, new RegExp(key));
    }
  });

  it("a key that is no setting is ignored, and one line names it", async () => {
    const since = gateway.mark();
    const { code, stdout, stderr } = await set("paitence", "3");
    assert.equal(code, 0, stdout + stderr);
    const ignored = /^these keys are no settings and are ignored keys=paitence/;
    await hintedAndThen(() => waitForSaying(gateway, ignored, { since }));
  });

  it("settings that contradict each other switch it off with one error, and the gateway runs on", async () => {
    const since = gateway.mark();
    const { code, stdout, stderr } = await set("patience", '{"floorSeconds":600,"ceilingSeconds":60}');
    assert.equal(code, 0, stdout + stderr);
    const line = await waitForSaying(gateway, /^switched off/, { since });
    assert.match(line, /patience\.floorSeconds=600 is above patience\.ceilingSeconds=60/);
    assert.ok((await jobs(gateway)).length > 0);
    assert.equal(said(gateway, since).filter((each) => each.startsWith("switched off")).length, 1);
  });

  it("set right again it goes on, in the same gateway", async () => {
    const since = gateway.mark();
    const { pid } = gateway;
    const { code, stdout, stderr } = await set("patience", '{"floorSeconds":60,"ceilingSeconds":600}');
    assert.equal(code, 0, stdout + stderr);
    const goesOn = () => said(gateway, since).some((line) => line.startsWith("ready mode=observe"));
    await until("it goes on", () => hintedAndThen(goesOn), { timeout: 60_000, interval: 1000 });
    assert.equal(gateway.pid, pid);
    assert.deepEqual(await history(gateway, orphan), []);
  });

  it("switched off by one line of config it leaves everything alone, and says so", async () => {
    const since = gateway.mark();
    await set("enabled", "false");
    await waitForSaying(gateway, /^switched off by its settings$/, { since });
  });
});
