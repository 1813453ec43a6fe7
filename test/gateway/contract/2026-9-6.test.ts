import { gatewayBench } from "./gateway-bench.ts";
import { oddStore } from "./odd-store.ts";
import { contract } from "./suite.ts";

contract("2026.9.6", () =>
  gatewayBench("2026.9.6", {
    receipts: true,
    historyColumn: { table: "task_runs", column: "detail_json" },
    restless: /state_leases\/gateway-owner\/global\/(expires_at|heartbeat_at|updated_at): changed$/,
    changedByRelease: [
      "state/openclaw.sqlite/cron_jobs/cron/jobs.json/JOB/grant_definition_updated_at: changed",
      "state/openclaw.sqlite/cron_jobs/cron/jobs.json/JOB/runtime_updated_at_ms: changed",
      "state/openclaw.sqlite/cron_jobs/cron/jobs.json/JOB/state_json/runningAtMs: gone",
      "state/openclaw.sqlite/cron_jobs/cron/jobs.json/JOB/updated_at: changed",
      "state/openclaw.sqlite/cron_run_receipts/ID/error_text: changed",
      "state/openclaw.sqlite/cron_run_receipts/ID/finished_at_ms: changed",
      "state/openclaw.sqlite/cron_run_receipts/ID/status: changed",
      "state/openclaw.sqlite/task_runs/ID: added",
    ],
  }),
);

oddStore("2026.9.6", "task_runs", "cleanup_after");
