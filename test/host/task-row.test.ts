import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { synthesize } from "../../plugin/core/entry.ts";
import { jobId } from "../../plugin/core/job.ts";
import { instant } from "../../plugin/core/time.ts";
import { writeHistory } from "../../plugin/host/generation-d/history.ts";
import { layStore } from "../stores/stores.ts";

for (const [whose, renamed] of [
  ["its own", (runId: string) => runId],
  [
    "a gateway's before 2026.8, from which the home was moved",
    (runId: string) => runId.split(":").slice(0, 3).join(":"),
  ],
] as const) {
  test(`a dead run's task row is completed, none is added: ${whose}`, async () => {
    const folder = await mkdtemp(join(tmpdir(), "task-row-"));
    await layStore("2026.9.6", "stuck", folder);
    const database = new DatabaseSync(join(folder, "state", "openclaw.sqlite"));
    const running = database.prepare("SELECT * FROM task_runs WHERE runtime = 'cron' AND status = 'running'").get();
    assert.ok(running);
    const name = renamed(String(running.run_id));
    database.prepare("UPDATE task_runs SET run_id = ? WHERE task_id = ?").run(name, running.task_id ?? null);
    const id = String(running.source_id);
    const startedAt = instant(Number(running.started_at));
    writeHistory(database, {
      entry: synthesize({ jobId: jobId(id), startedAt }, instant(startedAt + 60_000), "its owner's pid is gone", ""),
      storeKey: "store",
      name: "hangs",
      agentId: "main",
      receiptId: undefined,
      nextRunAt: undefined,
    });
    const rows = database
      .prepare("SELECT run_id, status FROM task_runs WHERE runtime = 'cron' AND source_id = ? AND started_at = ?")
      .all(id, startedAt)
      .map((row) => ({ ...row }));
    assert.deepEqual(rows, [{ run_id: name, status: "failed" }]);
    database.close();
    await rm(folder, { recursive: true, force: true });
  });
}
