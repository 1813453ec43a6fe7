import { onCronTick } from "../hooks/cron-tick.ts";
import { onGatewayStart } from "../hooks/gateway-start.ts";
import { onGatewayStop } from "../hooks/gateway-stop.ts";
import { seconds } from "./core/time.ts";
import { environmentOverrides } from "./environment.ts";
import { forgetStarts, schedulerIn, tellCronChanged, tellGatewayStarted, tellReconciled } from "./host/briefing.ts";
import { withDeadline } from "./host/deadline.ts";
import { type GatewayApi, hasCronChanged, showsSchedulerInHooks } from "./host/gateway-api.ts";
import { currentScheduler } from "./host/generation-a/gateway.ts";
import { rememberLeftOver } from "./host/generation-a/left-over.ts";
import { processWide } from "./host/process-wide.ts";
import { messageOf } from "./host/regular-file.ts";
import { beginListening, hearGatewayStart, hintOnRuns, watchScheduler, watchSpeaker } from "./host/scheduler-watch.ts";
import { sessionRowsIn } from "./host/session-rows.ts";
import { property, textIn } from "./host/shape.ts";
import { Life } from "./life.ts";

const ID = "openclaw-cron-healer";
const START_LIMIT = seconds(0.8);

/** The life that is being lived in this process. Hooks of every instance of the plugin speak to this one. */
const present = (): { life: Life | undefined } => processWide("present", () => ({ life: undefined }));

const plugin = {
  id: ID,
  name: "Cron Healer",
  description: "Frees cron jobs that claim to run when nothing runs, and writes the history they lost.",

  /** Wires and returns. The gateway may call it several times, and so does each of its commands. */
  register(api: GatewayApi): void {
    onGatewayStart(api, {
      gatewayStarted(context) {
        tellGatewayStarted(context);
        if (showsSchedulerInHooks(api)) hearGatewayStart();
        present().life?.beat("gateway start");
      },
      schedulerReconciled(event) {
        tellReconciled(event);
        present().life?.beat("cron reconciled");
      },
    });
    onCronTick(api, {
      cronChanged(event, context) {
        tellCronChanged(event);
        if (showsSchedulerInHooks(api)) watchSpeaker(schedulerIn(context));
        present().life?.beat("cron changed");
      },
    });
    onGatewayStop(api, {
      // While plugins are exchanged the gateway lives on, and so do we unless our own service is stopped.
      gatewayStops: async (event) => {
        if (textIn(event, "reason") !== "plugin replacement") await stop(present().life);
      },
    });
    let own: Life | undefined;
    api.registerService({
      id: ID,
      async start(context) {
        own = await start(api, context);
      },
      stop: () => stop(own),
    });
    api.registerReload?.({ noopPrefixes: [`plugins.entries.${ID}.config`] });
  },
};

export default plugin;

/** Never throws and never takes a second: a service start that hangs would keep the whole gateway from starting. */
async function start(api: GatewayApi, context: unknown): Promise<Life | undefined> {
  try {
    const life = new Life({
      logger: api.logger,
      stateDir: textIn(context, "stateDir") ?? api.runtime?.state?.resolveStateDir?.() ?? "",
      environment: environmentOverrides(),
      settings: () => settingsNow(api),
      sessions: () => sessionRowsIn(api.runtime),
      splitsItsStore: hasCronChanged(api),
    });
    present().life = life;
    forgetStarts();
    await rememberMarks(api, life);
    life.start();
    return life;
  } catch (error) {
    api.logger.error(`${ID}: could not start: ${messageOf(error)}`);
    return undefined;
  }
}

/** Only the oldest generation wipes its marks without a trace; its scheduler waits for this start to return. */
async function rememberMarks(api: GatewayApi, life: Life): Promise<void> {
  if (showsSchedulerInHooks(api)) beginListening();
  if (hasCronChanged(api)) return;
  const scheduler = currentScheduler();
  if (scheduler === undefined) return;
  try {
    watchScheduler(scheduler);
    hintOnRuns(() => present().life?.beat("run"));
    const marks = await withDeadline(rememberLeftOver(scheduler), START_LIMIT, "the marks before the start");
    if (marks?.kind === "unread") life.warn("runs that were lost before this start are not known", marks.because);
  } catch (error) {
    life.warn("runs that were lost before this start are not known", messageOf(error));
  }
}

async function stop(life: Life | undefined): Promise<void> {
  if (life === undefined) return;
  if (present().life === life) present().life = undefined;
  await life.stop();
}

function settingsNow(api: GatewayApi): unknown {
  const config = api.runtime?.config;
  try {
    const now = config?.current?.() ?? config?.loadConfig?.();
    const entries = property(property(now, "plugins"), "entries");
    return now === undefined ? api.pluginConfig : property(property(entries, ID), "config");
  } catch {
    return api.pluginConfig;
  }
}
