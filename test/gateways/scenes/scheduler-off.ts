import { LiveRuns } from "../../gateway/2026-9-6/live-runs.ts";
import type { Scene } from "../scene.ts";
import { alive } from "./live.ts";
import { restarted } from "./restarted.ts";

/** A restart with the scheduler off heals nothing; then a run lives on in it. */
export const schedulerOff: Scene = {
  name: "scheduler off",
  rows: ["killed-off", "planted-off", "live-model"],
  async make(lab, faults) {
    await restarted(lab, faults, "off", { killed: "killed-off", planted: "planted-off" });
    // Up to 2026.5 a live run by hand holds back the release of every other mark.
    await faults.settled();
    const runs = new LiveRuns(lab.gateway, lab.model);
    await faults.make("live-model", async () => alive(lab, await runs.modelCall("live-model"), { schedulerOff: true }));
  },
};
