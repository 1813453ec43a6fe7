import type { Snapshot } from "../core/snapshot.ts";
import { seconds } from "../core/time.ts";
import { withDeadline } from "./deadline.ts";
import { type Host, HostError } from "./port.ts";

const DEADLINE = seconds(20);

/** The same host, but a look that hangs is given up, and none is begun while an earlier one has not come back. */
export function bounded(host: Host): Host {
  let hanging: Promise<Snapshot> | undefined;
  return {
    get description() {
      return host.description;
    },
    async snapshot() {
      if (hanging !== undefined) throw new HostError("busy", "an earlier look has not come back yet");
      const look = host.snapshot();
      hanging = look;
      const back = () => {
        hanging = undefined;
      };
      look.then(back, back);
      return await withDeadline(look, DEADLINE, "the look at the store");
    },
    release: (claim, entry) => host.release(claim, entry),
  };
}
