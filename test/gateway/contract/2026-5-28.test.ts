import { gatewayBench } from "./gateway-bench.ts";
import { contract } from "./suite.ts";

contract("2026.5.28", () =>
  gatewayBench("2026.5.28", {
    changedByRelease: [
      "cron/jobs-state.json/value/jobs/JOB/state/runningAtMs: gone",
      "cron/jobs-state.json/value/jobs/JOB/updatedAtMs: changed",
      "cron/runs/JOB.jsonl: added",
    ],
  }),
);
