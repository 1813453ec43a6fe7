import type { LogMark } from "../gateway/harness/gateway.ts";

/** A run that was lost, or that only looks so, in one gateway. */
export interface Fault {
  readonly job: string;
  /** When the run began, as its mark says. */
  readonly mark: number;
  /** Where the seconds begin: when the gateway was ready, or when the fault was made. */
  readonly bornAt: number;
  /** What the plugin says of it comes after this. */
  readonly since: LogMark;
  /** What we know because we made it: nobody runs it, or somebody does. */
  readonly is: "dead" | "alive";
  /** With the scheduler off the gateway heals nothing itself, and the plugin does not wait for it. */
  readonly schedulerOff?: boolean;
  /** The sentence that names it to an operator; any about the job unless given. */
  readonly named?: RegExp;
  /** Whether the claim still stands, where it is not a mark. */
  readonly stands?: () => boolean;
  /** A live run that must end with its own result, once, when it is let go. */
  readonly ends?: boolean;
}
