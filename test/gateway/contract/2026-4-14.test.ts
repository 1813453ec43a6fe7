import { gatewayBench } from "./gateway-bench.ts";
import { contract } from "./suite.ts";

contract("2026.4.14", () =>
  gatewayBench("2026.4.14", {
    changedByRelease: [
      "cron/jobs.json/value/jobs/JOB/state/runningAtMs: gone",
      "cron/jobs.json/value/jobs/JOB/updatedAtMs: changed",
      "cron/runs/JOB.jsonl: added",
    ],
  }),
);
