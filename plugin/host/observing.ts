import type { Host } from "./port.ts";

/** The same host, but nothing is ever written: every deed is withheld and says why. */
export function observing(host: Host, because: string): Host {
  return {
    description: host.description,
    snapshot: () => host.snapshot(),
    release: async () => ({ kind: "withheld", because }),
  };
}
