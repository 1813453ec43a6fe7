/**
 * What must outlive one instance of the plugin: the gateway may load it several times in one process, and reload it while
 * runs are alive. Each thing is kept under a symbol of its own, with a version in its name.
 */
export function processWide<T>(name: string, create: () => T): T {
  const key = Symbol.for(`openclaw-cron-healer.${name}.1`);
  const everything = globalThis as unknown as Record<symbol, T | undefined>;
  everything[key] ??= create();
  return everything[key];
}

/** Something that the gateway itself keeps under a well-known symbol. */
export const ofGateway = (name: string): unknown =>
  (globalThis as Record<symbol, unknown>)[Symbol.for(`openclaw.${name}`)];
