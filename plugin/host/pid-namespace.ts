import { readlinkSync } from "node:fs";

/** The kernel's fixed number for the first pid namespace, the one that sees all others. */
const FIRST = "pid:[4026531836]";

/**
 * Whether a gateway in some container beside ours would be seen. In a pid namespace of our own it would not: two
 * containers on one state volume know nothing of each other.
 */
export function seesEveryProcess(): boolean {
  try {
    return readlinkSync("/proc/self/ns/pid") === FIRST;
  } catch {
    // No namespaces here: not Linux, or no /proc; the witness that lists processes answers for that itself.
    return true;
  }
}

export const BEHIND_A_WALL =
  "this process lives in a pid namespace of its own and would not see another container's gateway";
