/** What the gateway, or the way to it, answered instead of a result. */
export class RpcError extends Error {
  override readonly name = "RpcError";
  readonly code: string;
  readonly details: unknown;

  constructor(code: string, message: string, details?: unknown) {
    super(`${code}: ${message}`);
    this.code = code;
    this.details = details;
  }
}
