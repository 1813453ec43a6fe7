import { type ChildProcess, spawn } from "node:child_process";
import { resolve } from "node:path";

type Order =
  | { readonly kill: number }
  | { readonly spare: number }
  | { readonly remove: string }
  | { readonly keep: string };

let child: ChildProcess | undefined;

/**
 * Tells the reaper what must not outlive this test process. It is a process of its own because exit handlers do not run
 * after SIGKILL, and because a handler for SIGTERM would change how the test runner ends us.
 */
export function reaper(order: Order): void {
  child ??= start();
  child.stdin?.write(`${JSON.stringify(order)}\n`);
}

function start(): ChildProcess {
  const started = spawn(process.execPath, [resolve(import.meta.dirname, "reaper-process.mjs")], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
    env: {},
  });
  started.unref();
  (started.stdin as unknown as { unref?: () => void } | null)?.unref?.();
  return started;
}
