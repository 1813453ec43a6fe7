// Outlives its test process by a moment: when that one is gone, in whatever way, so are its gateways and homes.
import { rmSync } from "node:fs";
import { createInterface } from "node:readline";

const groups = new Set();
const folders = new Set();
const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => {
  const { kill, spare, remove, keep } = JSON.parse(line);
  if (kill) groups.add(kill);
  if (spare) groups.delete(spare);
  if (remove) folders.add(remove);
  if (keep) folders.delete(keep);
});
lines.on("close", () => {
  for (const group of groups) {
    try {
      process.kill(-group, "SIGKILL");
    } catch {
      // Already gone.
    }
  }
  // A killed gateway may still be in a system call that writes.
  setTimeout(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }, 200);
});
// Ctrl-C reaches the whole terminal; this process ends when its input does, not before.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});
