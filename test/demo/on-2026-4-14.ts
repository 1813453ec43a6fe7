import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cli } from "../gateway/harness/cli.ts";
import { Gateway } from "../gateway/harness/gateway.ts";
import { makeHome } from "../gateway/harness/home.ts";
import { addJob, history, listed, makeDue, runNow, waitForHistory } from "../gateway/harness/jobs.ts";
import { FakeModel } from "../gateway/harness/model.ts";
import { until } from "../gateway/harness/until.ts";
import { installPlugin } from "./install.ts";
import { healerLines, isSynthesized } from "./on-2026-9-6.ts";
import {
  entriesOf,
  listStatus,
  type Row,
  runByHand,
  type Stage,
  secondsBetween,
  spokenSymptom,
  symptomOf,
} from "./stage.ts";

/** The natural orphan of bug #68157's own version: the store cannot be read at the moment a timer run ends. */
export async function demoOn2026_4_14(stage: Stage): Promise<readonly Row[]> {
  await using model = await FakeModel.start();
  await using home = await makeHome({ version: "2026.4.14", model, probe: false, plugins: [], reload: "hybrid" });
  await using gateway = new Gateway(home);

  stage.say("starting a real gateway 2026.4.14 without the plugin, with a fake model on loopback");
  await gateway.start();
  const id = await addJob(gateway, { name: "digest", prompt: "[[delay:4]]" });
  const beside = await addJob(gateway, { name: "beside", prompt: "[[hang]]" });
  stage.say("its run ends while the store cannot be read (jobs.json truncated, then restored)");
  await orphan(gateway, model, id);
  const before = await symptomOf(gateway, id);
  const stuck = before.run === "already-running" && before.list === "running" && before.entries.length === 0;
  stage.expect("without the plugin the job is stuck", stuck, spokenSymptom(before));
  await gateway.sigterm();

  await installPlugin(stage, gateway, []);
  const since = gateway.mark();
  stage.say("the gateway starts with the plugin: it wipes the mark itself, the plugin writes the history it forgets");
  await gateway.start();
  const [wiped] = await waitForHistory(gateway, id, 1);
  stage.expect("one history entry tells the lost run", isSynthesized(wiped), wiped?.error);
  stage.say("the gateway makes up for the missed slot by itself");
  const caughtUp = await waitForHistory(gateway, id, 2, { timeout: 60_000 });
  stage.expect("and that run ends well", caughtUp[0]?.status === "ok", caughtUp[0]?.status);
  const set = ["config", "set", "plugins.entries.openclaw-cron-healer.config.scanSeconds", "5"];
  stage.say(`openclaw ${set.join(" ")} (taken up without a restart)`);
  stage.expect("the setting is accepted", (await cli(gateway, ...set)).code === 0);
  await gateway.waitForLine(/ready .*scan=5s/, { since, timeout: 60_000 });

  stage.say("the same fault again, in the running gateway, with the plugin in it");
  const second = gateway.mark();
  const born = await orphan(gateway, model, id);
  stage.expect("the job is stuck", (await listed(gateway, id)).status === "running");
  const released = await gateway.waitForLine(/openclaw-cron-healer: released/, { since: second, timeout: 120_000 });
  stage.say("the gateway's log:");
  stage.quote(healerLines(gateway, since));
  const lost = (await entriesOf(gateway, id)).filter(isSynthesized);
  stage.expect("one more entry tells this run", lost.length === 2, lost[0]?.error);
  stage.say("its missed slot runs by itself; after that it is run by hand");
  const ranSince = async (moment: number) =>
    (await history(gateway, id)).find(({ runAtMs }) => (runAtMs ?? 0) >= moment);
  await until("the missed slot has run", () => ranSince(released.at), { timeout: 90_000 });
  const started = Date.now();
  const again = await runByHand(gateway, id);
  stage.expect("the job can run again", again === "enqueued", again);
  const after = await until("the new run has ended", () => ranSince(started), { timeout: 30_000 });
  stage.expect("and its run ends well", after.status === "ok", after.status);
  const list = await listStatus(gateway, id);

  stage.say("a live run hangs in its model call for longer than the two looks");
  await runNow(gateway, beside);
  await model.waitForRequest(({ job }) => job === "beside");
  const began = Date.now();
  await until("both windows have passed", () => Date.now() - began > 35_000, { timeout: 60_000 });
  const untouched =
    (await listed(gateway, beside)).status === "running" && (await entriesOf(gateway, beside)).length === 0;
  stage.expect("it is untouched", untouched);
  model.release();
  const [own] = await waitForHistory(gateway, beside, 1);
  stage.expect("it ends well, with one entry of its own", own?.status === "ok", own?.status);

  const seconds = secondsBetween(born, released.at);
  return [
    { what: "openclaw cron run", without: before.run, withPlugin: again },
    { what: "openclaw cron list", without: before.list, withPlugin: list },
    {
      what: "openclaw cron runs",
      without: `${before.entries.length} entries`,
      withPlugin: "1 entry for each lost run",
    },
    {
      what: "seconds to heal",
      without: "still stuck when last looked at",
      withPlugin: `${seconds} after the run's end`,
    },
    { what: "a live run", without: "-", withPlugin: "untouched" },
    {
      what: "gateway restarted",
      without: "-",
      withPlugin: "mark wiped by the gateway, history written once",
    },
  ];
}

/** Lets a timer run end while jobs.json is empty; answers when the run ended. */
async function orphan(gateway: Gateway, model: FakeModel, id: string): Promise<number> {
  const path = join(gateway.home.stateFolder, "cron", "jobs.json");
  const since = gateway.mark();
  const before = model.of("digest").length;
  await makeDue(gateway, id);
  await until("the timer run has begun", () => model.of("digest").length > before, { timeout: 30_000 });
  const store = readFileSync(path, "utf8");
  writeFileSync(path, "");
  const ended = await gateway.waitForLine(/cron: timer tick failed/, { since, timeout: 60_000 });
  writeFileSync(path, store);
  await until("the scheduler reads its store again", async () => (await listed(gateway, id)).status === "running", {
    timeout: 90_000,
  });
  return ended.at;
}
