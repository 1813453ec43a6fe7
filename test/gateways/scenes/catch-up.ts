import { addJob } from "../../gateway/harness/jobs.ts";
import { plantMark } from "../../gateway/harness/store.ts";
import type { Scene } from "../scene.ts";
import { alive } from "./live.ts";

/** What was missed while the gateway was down is marked at once and run one by one; the first one hangs. */
export const catchUp: Scene = {
  name: "catch-up",
  rows: ["catch-up"],
  async make(lab, faults) {
    const { gateway, home, model } = lab;
    await lab.start();
    const hanging = await addJob(gateway, { name: "hanging", prompt: "[[hang]]" });
    const job = await addJob(gateway, { name: "catch-up" });
    await gateway.kill9();
    plantMark(home, hanging, { nextRunAtMs: Date.now() - 60_000 });
    plantMark(home, job, { nextRunAtMs: Date.now() - 30_000 });
    await lab.start({ waitFor: "ready" });
    await model.waitForRequest((request) => request.job === "hanging", { timeout: 60_000 });
    await faults.make("catch-up", () => alive(lab, job));
  },
};
