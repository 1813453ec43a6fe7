/** What we use of the gateway's plugin API. Everything that not every generation offers is optional. */
export interface GatewayApi {
  readonly pluginConfig?: unknown;
  readonly logger: {
    debug?(line: string): void;
    info(line: string): void;
    warn(line: string): void;
    error(line: string): void;
  };
  readonly runtime?: {
    readonly config?: {
      /** The config of this moment; since 2026.4.29. */
      current?(): unknown;
      /** The same before; gone since 2026.8. */
      loadConfig?(): unknown;
    };
    /** Its `session` is the session store; since 2026.8. */
    readonly agent?: unknown;
    readonly state?: { resolveStateDir?(environment?: unknown): string };
  };
  on(hook: string, handler: (event: unknown, context: unknown) => void | Promise<void>): void;
  registerService(service: {
    readonly id: string;
    start(context: unknown): void | Promise<void>;
    stop(context: unknown): void | Promise<void>;
  }): void;
  /** Which settings can change without a restart; on gateways that restart for a plugin's settings by default. */
  registerReload?(rules: { readonly noopPrefixes: readonly string[] }): void;
  readonly registerRuntimeLifecycle?: unknown;
}

/** Hooks that not every generation knows: naming an unknown one makes the gateway warn. */
export const hasCronChanged = (api: GatewayApi): boolean => typeof api.registerRuntimeLifecycle === "function";
/** Between the first generation and the last the scheduler itself is seen in what it says only. */
export const showsSchedulerInHooks = (api: GatewayApi): boolean => hasCronChanged(api) && !hasCronReconciled(api);
export const hasCronReconciled = (api: GatewayApi): boolean =>
  hasCronChanged(api) && api.runtime?.config?.loadConfig === undefined;
