/** The gateway's registries in this process, where its witnesses are asked. */
export class Registries {
  readonly sessions = new Map<string, string>();

  /** A new process has none of what the last one knew. */
  begin(scheduler: unknown, storePath: string): void {
    for (const symbol of Object.getOwnPropertySymbols(globalThis)) {
      if (symbol.description?.startsWith("openclaw-cron-healer.") === true) Reflect.deleteProperty(globalThis, symbol);
    }
    this.sessions.clear();
    put("embeddedRunState", { sessionIdsByKey: this.sessions });
    put("commandQueueState", { lanes: new Map(), gatewayDraining: false });
    put("cron.activeJobs", { activeJobs: new Map(), generation: 0 });
    put("fallbackGatewayContextState", { context: { cron: scheduler, cronStorePath: storePath } });
    const lock = { gatewayOwners: 1, coordinator: { closed: false } };
    put("stateDatabaseCoordinator", { heldCoordinators: new Map([["lock", lock]]) });
  }

  end(): void {
    for (const name of NAMES) Reflect.deleteProperty(globalThis, Symbol.for(`openclaw.${name}`));
  }
}

const NAMES = [
  "embeddedRunState",
  "commandQueueState",
  "cron.activeJobs",
  "fallbackGatewayContextState",
  "stateDatabaseCoordinator",
] as const;

const put = (name: (typeof NAMES)[number], value: unknown): void => {
  Reflect.set(globalThis, Symbol.for(`openclaw.${name}`), value);
};
