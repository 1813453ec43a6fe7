/** Makes dist/, the complete plugin root that is packed and installed. */
import { copyFile, cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { pluginManifest } from "./plugin-manifest.ts";
import { pluginPackage } from "./plugin-package.ts";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
export const dist = join(root, "dist");

/** pino is CommonJS and asks for `require`, which an ES module does not have. */
const REQUIRE = [
  'import { createRequire as createRequireOfBundle } from "node:module";',
  "const require = createRequireOfBundle(import.meta.url);",
].join("\n");

export async function buildPlugin(into: string = dist): Promise<void> {
  const fromRoot = async (name: string): Promise<unknown> => JSON.parse(await readFile(join(root, name), "utf8"));
  const projectPackage = await fromRoot("package.json");
  await rm(into, { recursive: true, force: true });
  await mkdir(into, { recursive: true });
  await build({
    absWorkingDir: root,
    entryPoints: ["plugin/index.ts"],
    outdir: into,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node22",
    minifySyntax: true,
    legalComments: "none",
    banner: { js: REQUIRE },
    logLevel: "warning",
  });
  await writeFile(join(into, "package.json"), shown(pluginPackage(projectPackage)));
  await writeFile(
    join(into, "openclaw.plugin.json"),
    shown(pluginManifest(await fromRoot("manifest.json"), projectPackage)),
  );
  for (const name of ["README.md", "LICENSE"]) await copyFile(join(root, name), join(into, name));
  await cp(join(root, "docs"), join(into, "docs"), { recursive: true });
}

const shown = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;

if (import.meta.main) {
  await buildPlugin();
  process.stdout.write("dist/ is built\n");
}
