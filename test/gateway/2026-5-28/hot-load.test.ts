import assert from "node:assert/strict";
import { test } from "node:test";
import {
  assertUntouched,
  dueTogether,
  HANGING,
  HOOK,
  markOf,
  QUICK,
  saidOf,
  watchedBeyondBothWindows,
} from "../2026-4-14/lab.ts";
import { cli } from "../harness/cli.ts";
import { addJob, runNow } from "../harness/jobs.ts";
import { HEALER, healer } from "../harness/plugin.ts";
import { until } from "../harness/until.ts";
import { makeLab } from "./lab.ts";

test("a plugin that comes late holds its evidence for incomplete and releases nothing that lives", {
  timeout: 300_000,
}, async () => {
  const config = { ...HANGING.config, plugins: { entries: { [HEALER]: { enabled: false } } } };
  await using lab = await makeLab(QUICK, { ...HANGING, plugins: [await healer(QUICK)], config });
  const { gateway, model, probe } = lab;
  await gateway.start();
  const live = await addJob(gateway, { name: "live", prompt: "[[hang]]", timeoutSeconds: 0 });
  const hook = await addJob(gateway, { ...HOOK, timeoutSeconds: 0 });
  const announced = await addJob(gateway, {
    name: "announced",
    deliver: { channel: "probechan", to: "hang" },
    timeoutSeconds: 0,
  });
  const finished = await addJob(gateway, { name: "finished" });
  const all = [live, hook, announced, finished];
  await dueTogether(gateway, all);
  await model.waitForRequest(({ job }) => job === "live");
  for (const kind of ["hook", "channel"] as const) await probe.waitForHeld(kind, { timeout: 30_000 });
  const since = gateway.mark();
  const { code, stdout, stderr } = await cli(gateway, "plugins", "enable", HEALER);
  assert.equal(code, 0, stdout + stderr);
  await until("the plugin looks", () => saidOf(gateway, live, since).length > 0, { timeout: 60_000 });
  await watchedBeyondBothWindows(gateway);
  for (const id of all) {
    assert.match(saidOf(gateway, id, since)[0]?.text ?? "", /evidence=incomplete/);
    await assertUntouched(lab, id, { mark: await markOf(gateway, id), since });
  }
  assert.match(saidOf(gateway, finished, since)[0]?.text ?? "", /tick=unread\(the scheduler has not shown itself/);

  const byHand = await addJob(gateway, { name: "by-hand", prompt: "[[hang]]", timeoutSeconds: 0 });
  await runNow(gateway, byHand);
  await model.waitForRequest(({ job }) => job === "by-hand", { timeout: 30_000 });
  const later = gateway.mark();
  await watchedBeyondBothWindows(gateway);
  for (const id of [...all, byHand]) await assertUntouched(lab, id, { mark: await markOf(gateway, id), since: later });
});
