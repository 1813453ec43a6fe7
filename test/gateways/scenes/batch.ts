import { readFileSync } from "node:fs";
import { addJob, type JobSpec } from "../../gateway/harness/jobs.ts";
import { until } from "../../gateway/harness/until.ts";
import type { Lab } from "../lab.ts";
import type { Scene } from "../scene.ts";
import { alive, dueTogether, ON_HTTP } from "./live.ts";

/** Longer than anybody looks on, so that the batch ends by itself when the others are let go. */
const CLI_SECONDS = 100;

/** Everything that can hang in one tick, with a peer that has ended and one that has not begun. */
export const batch: Scene = {
  name: "batch",
  rows: ["live-hook", "live-delivery", "live-cli", "batch-finished", "batch-waiting"],
  versions: ["2026.4.14", "2026.5.28", "2026.7.1-2"],
  home: (version) => ({
    channel: true,
    cliBackend: true,
    cron: { maxConcurrentRuns: 4 },
    // A CLI model needs what the bundled plugins of 2026.5.28 bring.
    ...(version === "2026.5.28" ? { env: { OPENCLAW_DISABLE_BUNDLED_PLUGINS: "0" } } : {}),
  }),
  async make(lab, faults) {
    const { gateway, model } = lab;
    await lab.start();
    const ids: Record<string, string> = {};
    for (const spec of members(lab)) ids[spec.name] = await addJob(gateway, spec);
    const id = (name: string): string => ids[name] ?? "";
    const since = gateway.mark();
    await dueTogether(lab, Object.values(ids));
    const answered = () => model.of("batch-finished").at(-1)?.end === "answered";
    await until("its first member has its answer", answered, { timeout: 90_000 });
    await faults.make("batch-finished", () => alive(lab, id("batch-finished"), { since }));
    await faults.make("live-delivery", async () => {
      await lab.probe.waitForHeld("channel", { timeout: 90_000 });
      return alive(lab, id("live-delivery"), { since });
    });
    await faults.make("live-cli", async () => {
      await until("the CLI model is asked", () => readFileSync(lab.home.cliLog, "utf8").includes("live-cli"), {
        timeout: 90_000,
      });
      return alive(lab, id("live-cli"), { since });
    });
    await faults.make("live-hook", async () => {
      await lab.probe.waitForHeld("hook", { timeout: 90_000 });
      return alive(lab, id("live-hook"), { since });
    });
    await faults.make("batch-waiting", async () => {
      if (model.of("batch-waiting").length > 0) throw new Error("it did not wait");
      return alive(lab, id("batch-waiting"), { since });
    });
  },
};

/**
 * In this order, four at once. On 2026.4.14 those that do not run on a CLI share a lane with room for one: the filler has
 * to leave it, or the delivery never gets there before the hook does.
 */
function members({ version }: Lab): readonly JobSpec[] {
  const filler: JobSpec = { name: "filler", prompt: version === "2026.4.14" ? "[[answer]]" : "[[hang]]", ...ON_HTTP };
  return [
    { name: "batch-finished", ...ON_HTTP },
    filler,
    { name: "live-delivery", deliver: { channel: "probechan", to: "hang" }, ...ON_HTTP },
    { name: "live-cli", prompt: `[[delay:${CLI_SECONDS}]]` },
    { name: "live-hook", prompt: "[[hookhang]]", ...ON_HTTP },
    { name: "batch-waiting", ...ON_HTTP },
  ];
}
