import { type GatewayApi, hasCronReconciled } from "../plugin/host/gateway-api.ts";

export interface StartNotice {
  gatewayStarted(context: unknown): void;
  schedulerReconciled(event: unknown): void;
}

/** The gateway is up, or its scheduler has put its own house in order: look. */
export function onGatewayStart(api: GatewayApi, notice: StartNotice): void {
  api.on("gateway_start", (_event, context) => notice.gatewayStarted(context));
  if (hasCronReconciled(api)) api.on("cron_reconciled", (event) => notice.schedulerReconciled(event));
}
