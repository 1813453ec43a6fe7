import assert from "node:assert/strict";
import { it } from "node:test";
import { jobId } from "../../plugin/core/job.ts";
import { isReplaced } from "../../plugin/host/generation-c/gateway.ts";
import { watchSpeaker } from "../../plugin/host/scheduler-watch.ts";

const ID = jobId("job");

/** A scheduler as it says of itself in `cron_changed`. */
function spoken(stopped: boolean) {
  const job = { id: ID };
  const deps = { runIsolatedAgentJob: async () => {} };
  const scheduler = {
    state: { stopped, store: { jobs: [job] }, timer: null, running: false, deps },
    getJob: () => job,
    update: async () => {},
  };
  watchSpeaker(scheduler);
  return scheduler;
}

/** The one of `gateway_start`: the same jobs, no state. */
const handleOf = (scheduler: ReturnType<typeof spoken>) => ({ getJob: scheduler.getJob, update: scheduler.update });

it("a scheduler is known as replaced by its jobs, though its handle hides its state", () => {
  const silent = { getJob: () => ({ id: ID }), update: async () => {} };
  assert.equal(isReplaced(silent, ID), false, "nobody has spoken yet");
  const old = spoken(false);
  const handle = handleOf(old);
  assert.equal(isReplaced(handle, ID), false);
  old.state.stopped = true;
  assert.equal(isReplaced(handle, ID), true);
  const next = spoken(false);
  assert.equal(isReplaced(handle, ID), true);
  assert.equal(isReplaced(next, ID), false);
  assert.equal(isReplaced(silent, ID), true, "another one is at work");
});
