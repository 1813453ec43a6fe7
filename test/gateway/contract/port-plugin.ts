/** For tests only: lets a test speak to the port inside the gateway, in the words of the port. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { apply } from "../../../plugin/apply.ts";
import type { RunEntry } from "../../../plugin/core/entry.ts";
import type { Action } from "../../../plugin/core/plan.ts";
import type { Claim } from "../../../plugin/core/snapshot.ts";
import { bounded } from "../../../plugin/host/bounded.ts";
import { briefing } from "../../../plugin/host/briefing.ts";
import { chooseHost } from "../../../plugin/host/choose.ts";
import { type GatewayApi, hasCronChanged } from "../../../plugin/host/gateway-api.ts";
import { type Host, HostError } from "../../../plugin/host/port.ts";
import { ProcessClock } from "../../../plugin/host/process-clock.ts";
import { processWide } from "../../../plugin/host/process-wide.ts";
import { ScheduleGap } from "../../../plugin/host/schedule-gap.ts";
import { sessionRowsIn } from "../../../plugin/host/session-rows.ts";
import { textIn } from "../../../plugin/host/shape.ts";

interface Request {
  readonly params: { readonly claim: Claim; readonly entry?: RunEntry };
  respond(ok: boolean, payload: unknown): void;
}

interface Api extends GatewayApi {
  registerGatewayMethod(name: string, handler: (request: Request) => Promise<void>): void;
}

const held = processWide("port-under-test", () => ({
  stateDir: "",
  clock: new ProcessClock(() => {}),
  host: undefined as Host | undefined,
}));

export default {
  id: "cron-healer-port",
  name: "Cron Healer Port",
  description: "Offers the port of the plugin under test over the gateway's own RPC.",
  register(api: Api): void {
    api.registerService({
      id: "cron-healer-port",
      start(context) {
        held.stateDir = textIn(context, "stateDir") ?? "";
        held.clock.start();
      },
      stop: () => held.clock.stop(),
    });
    const offer = (name: string, deed: (host: Host, params: Request["params"]) => Promise<unknown>): void =>
      api.registerGatewayMethod(`port.${name}`, async ({ params, respond }) => {
        respond(true, await answerOf(async () => await deed(await hostFound(api), params)));
      });
    offer("description", async (host) => host.description);
    offer("snapshot", (host) => host.snapshot());
    offer("release", (host, { claim, entry }) => host.release(claim, entry));
    offer("apply", async (host, { claim, entry }) => {
      const action = { kind: "release", finding: { claim }, entry } as unknown as Action;
      const { result, took } = await apply(action, host);
      return { result, took };
    });
  },
};

async function hostFound(api: Api): Promise<Host> {
  if (held.host !== undefined) return held.host;
  const { stateDir, clock } = held;
  const sessions = () => sessionRowsIn(api.runtime);
  const access = { stateDir, clock, schedules: new ScheduleGap(), briefing, sessions, budgetSince: (at: never) => at };
  const host = bounded(await chooseHost(access, hasCronChanged(api)));
  if (host.description.generation !== "unknown") held.host = host;
  return host;
}

/** What the deed answered or how it failed, and the longest turn of the gateway's event loop meanwhile. */
async function answerOf(deed: () => Promise<unknown>): Promise<unknown> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const outcome = await deed().then(
    (value) => ({ value }),
    (error: unknown) => ({
      error: error instanceof HostError ? { code: error.code, message: error.message } : { message: String(error) },
    }),
  );
  await sleep(5);
  delay.disable();
  return { ...outcome, longestTurn: delay.max / 1e6 };
}
