import type { LogMark } from "../../gateway/harness/gateway.ts";
import { addJob, runNow } from "../../gateway/harness/jobs.ts";
import { plantMark } from "../../gateway/harness/store.ts";
import type { Lab } from "../lab.ts";
import type { RowName } from "../rows.ts";
import type { Faults } from "../scene.ts";
import { markInStore } from "./live.ts";

const TEN_MINUTES = 600_000;

/** One run is killed with its gateway, one mark comes from nowhere while it is down; then the gateway comes back. */
export async function restarted(
  lab: Lab,
  faults: Faults,
  scheduler: "on" | "off",
  rows: { readonly killed: RowName; readonly planted: RowName },
): Promise<void> {
  const { gateway, home, model } = lab;
  await lab.start();
  const killed = await addJob(gateway, { name: rows.killed, prompt: "[[hang]]" });
  const planted = await addJob(gateway, { name: rows.planted });
  await runNow(gateway, killed);
  await model.waitForRequest(({ job }) => job === rows.killed, { timeout: 60_000 });
  await gateway.kill9();
  plantMark(home, planted, { runningAtMs: Date.now() - TEN_MINUTES });
  const marks = { killed: markInStore(home, killed), planted: markInStore(home, planted) };
  const since: LogMark = gateway.mark();
  await lab.start({ scheduler, waitFor: "ready" });
  const bornAt = Date.now();
  // Nobody asks before the scheduler is up: on 2026.4.14 an answer takes the store out of the hands of its start.
  await gateway.waitForLine(home.generation.cronIsUp, { since, timeout: 60_000 });
  faults.add(rows.killed, { job: killed, mark: marks.killed, bornAt, since, is: "dead" });
  faults.add(rows.planted, { job: planted, mark: marks.planted, bornAt, since, is: "dead" });
}
