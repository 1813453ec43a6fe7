/** The gateway ended while it was waited for. */
export class GatewayExited extends Error {
  override readonly name = "GatewayExited";

  constructor(code: number | null, signal: NodeJS.Signals | null) {
    super(`the gateway exited with ${signal ?? code}`);
  }
}
