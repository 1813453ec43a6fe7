/** The gateway versions the harness knows how to configure. */
export type GatewayVersion = "2026.4.14" | "2026.5.28" | "2026.7.1-2" | "2026.8.2" | "2026.9.6";

/** What differs between two gateways, as far as a test has to know. */
export interface Generation {
  /** Where jobs, marks and history are kept. */
  readonly store: "json" | "split-json" | "sqlite";
  /** 2026.4.14 ignores `logging.file` and writes a file which all gateways of the machine share. */
  readonly log: "private" | "shared";
  /** How a fake CLI model is made known. */
  readonly cliBackend: "config" | "plugin";
  /** Which of the two probe plugins brings the channel: 2026.4.14 delivers over an undeclared one only. */
  readonly channel: "probe" | "plugin";
  /** The conversation hook that may hang a run before its model call. */
  readonly hangingHook: "before_agent_start" | "before_agent_reply";
  /** Typed hooks the probe records; an unknown one would only add a warning to the log. */
  readonly hooks: readonly string[];
  /** The file-log line after which start-up recovery is over, or will never be. */
  readonly cronIsUp: RegExp;
  /** Configuration only this generation takes. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string>>;
}

const OLD_HOOKS = ["gateway_start", "gateway_stop", "before_agent_start", "agent_end"] as const;
const HOOKS = [
  "gateway_start",
  "gateway_stop",
  "cron_changed",
  "before_agent_reply",
  "before_agent_run",
  "agent_end",
  "model_call_started",
  "model_call_ended",
] as const;
const CRON_IS_UP = /^cron: (started|disabled)$/;

const newest: Generation = {
  store: "sqlite",
  log: "private",
  cliBackend: "plugin",
  channel: "plugin",
  hangingHook: "before_agent_reply",
  hooks: [...HOOKS, "cron_reconciled"],
  cronIsUp: CRON_IS_UP,
  config: { skills: { workshop: { autonomous: { mode: "off" } } } },
  env: {},
};

const generations: Readonly<Record<GatewayVersion, Generation>> = {
  "2026.4.14": {
    store: "json",
    log: "shared",
    cliBackend: "config",
    channel: "probe",
    hangingHook: "before_agent_start",
    hooks: OLD_HOOKS,
    // `cron: started` waits for every missed run; by then a hanging one has kept it away for up to an hour.
    cronIsUp: /^cron: (started|disabled|running missed jobs after restart)$/,
    config: {
      gateway: { controlUi: { enabled: false } },
      canvasHost: { enabled: false },
      browser: { enabled: false },
    },
    env: {
      OPENCLAW_DISABLE_BUNDLED_PLUGINS: "1",
      OPENCLAW_SKIP_ACPX_RUNTIME: "1",
      OPENCLAW_LOG_LEVEL: "debug",
    },
  },
  "2026.5.28": {
    ...newest,
    store: "split-json",
    cliBackend: "config",
    hooks: HOOKS,
    config: { gateway: { controlUi: { enabled: false } } },
    env: { OPENCLAW_DISABLE_BUNDLED_PLUGINS: "1", OPENCLAW_SKIP_ACPX_RUNTIME: "1" },
  },
  "2026.7.1-2": { ...newest, hooks: HOOKS, config: {} },
  "2026.8.2": newest,
  "2026.9.6": newest,
};

export function generationOf(version: GatewayVersion): Generation {
  return generations[version];
}
