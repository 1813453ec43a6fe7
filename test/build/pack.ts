/** Builds the plugin and packs dist/ into the tarball that a user installs. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { buildPlugin, dist, root } from "./build.ts";

const run = promisify(execFile);

/** Answers the path of the tarball. */
export async function packPlugin(into: string = root): Promise<string> {
  await buildPlugin();
  const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", into], { cwd: dist });
  return join(into, filenameIn(JSON.parse(stdout)));
}

/** npm 11 answers an array, npm 12 an object by package name. */
function filenameIn(answer: unknown): string {
  const [packed] = Array.isArray(answer) ? answer : Object.values(answer as Record<string, unknown>);
  return (packed as { readonly filename: string }).filename;
}

if (import.meta.main) process.stdout.write(`${await packPlugin()}\n`);
