import { instant } from "../core/time.ts";
import type { Host } from "./port.ts";
import type { ProcessClock } from "./process-clock.ts";

/** A gateway that we do not understand: nothing is claimed, nothing is written, and the reason is said. */
export function unknownHost(clock: ProcessClock, because: string): Host {
  return {
    description: { generation: "unknown", capabilities: [] },
    snapshot: async () => ({
      at: instant(Date.now()),
      looked: { from: clock.now, until: clock.now },
      scheduler: { kind: "busy", because: "is not understood", lookAgain: undefined },
      claims: [],
      unread: [because],
    }),
    release: async () => ({ kind: "withheld", because }),
  };
}
