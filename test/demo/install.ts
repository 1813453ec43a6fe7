import { packPlugin } from "../build/pack.ts";
import { cli } from "../gateway/harness/cli.ts";
import type { Gateway } from "../gateway/harness/gateway.ts";
import type { Stage } from "./stage.ts";

/** Builds, packs and installs the tarball with the real CLI, as the README says. */
export async function installPlugin(stage: Stage, gateway: Gateway, flags: readonly string[]): Promise<void> {
  const tarball = await packPlugin(gateway.home.folder);
  const command = ["plugins", "install", tarball, ...flags];
  stage.say(`openclaw ${command.join(" ")}`);
  const { code, stdout, stderr } = await cli(gateway, ...command);
  stage.quote(
    `${stdout}${stderr}`
      .split("\n")
      .filter((line) => /nstalled|plugin/.test(line))
      .join("\n"),
  );
  stage.expect("the tarball is installed", code === 0);
}
