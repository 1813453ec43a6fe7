/** The oldest gateway that the plugin was tested on, and the newest: what the package declares. */
const OLDEST_HOST = "2026.4.14";

interface ProjectPackage {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly devDependencies: { readonly openclaw: string };
}

/** The package.json of dist/: what is published and installed. Everything it needs is in the bundle. */
export function pluginPackage(projectPackage: unknown): Record<string, unknown> {
  const { name, version, description, license, devDependencies } = projectPackage as ProjectPackage;
  return {
    name,
    version,
    description,
    license,
    keywords: ["openclaw", "openclaw-plugin", "cron", "self-healing"],
    type: "module",
    main: "./index.js",
    files: ["*.js", "openclaw.plugin.json", "docs"],
    engines: { node: ">=22.14.0" },
    peerDependencies: { openclaw: `>=${OLDEST_HOST}` },
    peerDependenciesMeta: { openclaw: { optional: true } },
    openclaw: {
      extensions: ["./index.js"],
      install: { minHostVersion: `>=${OLDEST_HOST}` },
      compat: { pluginApi: `>=${OLDEST_HOST}`, minGatewayVersion: OLDEST_HOST },
      build: { openclawVersion: devDependencies.openclaw, pluginSdkVersion: devDependencies.openclaw },
    },
  };
}
