import { realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

/**
 * Imports a module as the gateway itself would: a plugin's own `import("openclaw/…")` fails on some generations. Loaded
 * modules are the very instances that the gateway uses.
 */
export async function importFromHost(specifier: string): Promise<unknown> {
  const entry = process.argv[1];
  if (entry === undefined) throw new Error("the gateway's entry point is unknown");
  const resolved = createRequire(realpathSync(entry)).resolve(specifier);
  return await import(pathToFileURL(resolved).href);
}
