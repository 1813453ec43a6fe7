import type { GatewayApi } from "../plugin/host/gateway-api.ts";

export interface StopNotice {
  gatewayStops(event: unknown): Promise<void>;
}

/** The gateway goes down: stop looking, and wait for the pass in hand. */
export function onGatewayStop(api: GatewayApi, notice: StopNotice): void {
  api.on("gateway_stop", (event) => notice.gatewayStops(event));
}
