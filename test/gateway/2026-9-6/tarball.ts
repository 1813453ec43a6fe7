import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { healer } from "../harness/plugin.ts";

const run = promisify(execFile);

/** What a user installs, packed from the build under test. */
export async function tarball(into: string): Promise<string> {
  const { folder } = await healer();
  const { stdout } = await run("npm", ["pack", "--pack-destination", into], { cwd: folder });
  return join(into, stdout.trim().split("\n").at(-1) ?? "");
}
