import { Gateway } from "../../gateway/harness/gateway.ts";
import { makeHome } from "../../gateway/harness/home.ts";
import { addJob, listed, makeDue, runNow } from "../../gateway/harness/jobs.ts";
import { until } from "../../gateway/harness/until.ts";
import type { Lab } from "../lab.ts";
import { oneByOne } from "../one-by-one.ts";
import type { Scene } from "../scene.ts";
import { tickSoon } from "./scheduler-on.ts";

/** A second gateway, with a config and a port of its own, runs a job whose mark the first one adopts. */
export const twoGateways: Scene = {
  name: "two gateways",
  rows: ["two-gateways"],
  async make(lab, faults) {
    const { gateway, model } = lab;
    await lab.start();
    const job = await addJob(gateway, { name: "two-gateways", prompt: "[[hang]]" });
    const ticker = await addJob(gateway, { name: "ticker" });
    const since = gateway.mark();
    const other = await second(lab);
    const bornAt = Date.now();
    // The scheduler of files reads them at a tick, and writes over them at any edit.
    if (lab.home.generation.store === "sqlite") await tickSoon(lab, 8000);
    else await makeDue(gateway, ticker, 8000);
    await faults.make("two-gateways", async () => {
      await runNow(other, job);
      await model.waitForRequest((request) => request.job === "two-gateways", { timeout: 60_000 });
      const mark = await until("the other one has marked it", async () => (await listed(other, job)).state.runningAtMs);
      const adopted = async () => (await listed(gateway, job)).state.runningAtMs !== undefined;
      await until("our gateway has adopted the mark", adopted, { timeout: 120_000, interval: 300 });
      return { job, mark, bornAt, since, is: "alive", named: /^not watching all jobs .*has the same state folder/ };
    });
  },
};

async function second(lab: Lab): Promise<Gateway> {
  const { OPENCLAW_STATE_DIR = "", TMPDIR = "" } = lab.home.env;
  const env = { OPENCLAW_STATE_DIR, TMPDIR };
  const home = lab.with(await makeHome({ version: lab.version, model: lab.model, env }));
  const other = lab.with(new Gateway(home));
  await oneByOne(() => other.start({ timeout: 240_000 }));
  return other;
}
