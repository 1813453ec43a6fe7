import { spawn } from "node:child_process";
import type { Home } from "./home.ts";
import { reaper } from "./reaper.ts";

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The first JSON value of the output; some versions print notices before it. */
  json<T = unknown>(): T;
}

/** Runs the real `openclaw` command in the home; it may fail, the test decides. */
export async function cli({ home }: { readonly home: Home }, ...args: readonly string[]): Promise<CliResult> {
  const child = spawn(process.execPath, [home.install.entry, ...args], {
    cwd: home.folder,
    env: { ...home.env },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 60_000,
    killSignal: "SIGKILL",
    detached: true,
  });
  const { pid } = child;
  if (pid !== undefined) reaper({ kill: pid });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));
  const code = await new Promise<number | null>((settle, fail) => child.once("error", fail).once("close", settle));
  if (pid !== undefined) reaper({ spare: pid });
  return {
    code,
    stdout,
    stderr,
    json<T>(): T {
      const start = stdout.search(/^[[{]/m);
      if (start < 0) throw new Error(`openclaw ${args.join(" ")} printed no JSON (${code}):\n${stdout}${stderr}`);
      return JSON.parse(stdout.slice(start)) as T;
    },
  };
}
