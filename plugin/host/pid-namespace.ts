import { accessSync, constants, readlinkSync } from "node:fs";

/** The kernel's fixed number for the first pid namespace, the one that sees all others. */
const FIRST = "pid:[4026531836]";

/**
 * Whether a gateway beside ours would be seen, wherever it runs on this machine. In a pid namespace of our own it would
 * not: two containers on one state volume know nothing of each other. Nor where processes are hidden or not listed.
 */
export function seesEveryProcess(): boolean {
  try {
    // Where even the first process is hidden, others are too.
    accessSync("/proc/1/stat", constants.R_OK);
    return readlinkSync("/proc/self/ns/pid") === FIRST;
  } catch {
    return false;
  }
}

export const BEHIND_A_WALL =
  "not every process can be seen from here, another gateway on the state folder may be hidden";
