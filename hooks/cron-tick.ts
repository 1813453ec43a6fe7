import { type GatewayApi, hasCronChanged } from "../plugin/host/gateway-api.ts";

export interface TickNotice {
  cronChanged(event: unknown, context: unknown): void;
}

/** Whenever the scheduler says something: look. The payload decides nothing; our own timer looks anyway. */
export function onCronTick(api: GatewayApi, notice: TickNotice): void {
  if (hasCronChanged(api)) api.on("cron_changed", (event, context) => notice.cronChanged(event, context));
}
