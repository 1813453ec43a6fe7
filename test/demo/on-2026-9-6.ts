import { Gateway } from "../gateway/harness/gateway.ts";
import { makeHome } from "../gateway/harness/home.ts";
import { addJob, listed, runNow, waitForHistory } from "../gateway/harness/jobs.ts";
import { FakeModel } from "../gateway/harness/model.ts";
import { installPlugin } from "./install.ts";
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

/** Situation A: a gateway is killed in mid-run and comes back with its scheduler off. */
export async function demoOn2026_9_6(stage: Stage): Promise<readonly Row[]> {
  await using model = await FakeModel.start();
  await using home = await makeHome({ version: "2026.9.6", model, probe: false, plugins: [] });
  await using gateway = new Gateway(home);

  stage.say("starting a real gateway 2026.9.6 without the plugin, with a fake model on loopback");
  await gateway.start();
  const id = await addJob(gateway, { name: "digest", prompt: "[[hang]]" });
  const beside = await addJob(gateway, { name: "beside", prompt: "[[hang]]" });
  stage.say("the job runs; in the middle of its model call the gateway is killed (kill -9)");
  await runNow(gateway, id);
  await model.waitForRequest(({ job }) => job === "digest", { timeout: 30_000 });
  await gateway.kill9();

  stage.say("the gateway comes back with its scheduler off (OPENCLAW_SKIP_CRON=1), still without the plugin");
  await gateway.start({ scheduler: "off" });
  const before = await symptomOf(gateway, id);
  const stuck = before.run === "already-running" && before.list === "running" && before.entries.length === 0;
  stage.expect("without the plugin the job is stuck", stuck, spokenSymptom(before));
  await gateway.kill9();

  await installPlugin(stage, gateway, ["--force", "--accept-capabilities"]);
  stage.say("the gateway comes back once more, scheduler still off, now with the plugin; a live run starts beside");
  const since = gateway.mark();
  await gateway.start({ scheduler: "off" });
  await runNow(gateway, beside);
  const released = await gateway.waitForLine(/openclaw-cron-healer: released/, { since, timeout: 60_000 });
  const ready = gateway.linesSince(since).find(({ text }) => /ready \(|http server listening/.test(text));
  const seconds = secondsBetween(ready?.at ?? released.at, released.at);
  stage.say("the gateway's log:");
  stage.quote(healerLines(gateway, since));
  await model.waitForRequest(({ job }) => job === "beside", { timeout: 30_000 });
  const entries = await entriesOf(gateway, id);
  const [entry] = entries;
  stage.expect("one history entry tells the lost run", entries.length === 1 && isSynthesized(entry), entry?.error);
  stage.expect("the live run beside it is untouched", (await listed(gateway, beside)).status === "running");
  const again = await runByHand(gateway, id);
  stage.expect("the job can run again", again === "enqueued", again);
  await model.waitForRequest(({ job, end }) => job === "digest" && end === undefined, { timeout: 30_000 });
  model.release();
  const [after] = await waitForHistory(gateway, id, 2);
  stage.expect("and its run ends well", after?.status === "ok", after?.status);
  const list = await listStatus(gateway, id);
  const [own] = await waitForHistory(gateway, beside, 1);
  stage.expect("so does the run beside it, with one entry of its own", own?.status === "ok", own?.status);

  stage.say("the same fault with the scheduler on: killed in mid-run, restarted with the plugin");
  await runNow(gateway, beside);
  await model.waitForRequest(({ job, end }) => job === "beside" && end === undefined, { timeout: 30_000 });
  await gateway.crashAndRestart({ scheduler: "on" });
  const healed = await waitForHistory(gateway, beside, 2, { timeout: 60_000 });
  const byGateway = healed.length === 2 && !isSynthesized(healed[0]);
  stage.expect("the gateway heals this one itself, and we add nothing", byGateway, healed[0]?.error);

  return [
    { what: "openclaw cron run", without: before.run, withPlugin: again },
    { what: "openclaw cron list", without: before.list, withPlugin: list },
    { what: "openclaw cron runs", without: `${before.entries.length} entries`, withPlugin: "1 entry for the lost run" },
    { what: "seconds to heal", without: "still stuck when last looked at", withPlugin: `${seconds} after ready` },
    { what: "a live run beside it", without: "-", withPlugin: "untouched" },
    {
      what: "same fault, scheduler on",
      without: "-",
      withPlugin: "healed by the gateway, not doubled",
    },
  ];
}

export const isSynthesized = (entry: { readonly error?: string } | undefined): boolean =>
  entry?.error?.startsWith("[synthesized by openclaw-cron-healer]") === true;

export const healerLines = (gateway: Gateway, since: Parameters<Gateway["linesSince"]>[0]): string =>
  gateway
    .linesSince(since)
    .filter(({ source, text }) => source === "console" && text.includes("openclaw-cron-healer: "))
    .map(({ text }) => text)
    .join("\n");
