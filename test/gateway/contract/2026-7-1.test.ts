import { gatewayBench } from "./gateway-bench.ts";
import { oddStore } from "./odd-store.ts";
import { contract } from "./suite.ts";

contract("2026.7.1-2", () =>
  gatewayBench("2026.7.1-2", {
    historyColumn: { table: "cron_run_logs", column: "error" },
    changedByRelease: [
      "state/openclaw.sqlite/cron_jobs/cron/jobs.json/JOB/running_at_ms: changed",
      "state/openclaw.sqlite/cron_jobs/cron/jobs.json/JOB/runtime_updated_at_ms: changed",
      "state/openclaw.sqlite/cron_jobs/cron/jobs.json/JOB/state_json/runningAtMs: gone",
      "state/openclaw.sqlite/cron_jobs/cron/jobs.json/JOB/updated_at: changed",
      "state/openclaw.sqlite/cron_run_logs/cron/jobs.json/JOB/1: added",
    ],
  }),
);

oddStore("2026.7.1-2", "cron_run_logs", "run_at_ms");
