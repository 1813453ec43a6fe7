import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { builtinModules } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { Value } from "@sinclair/typebox/value";
import { SettingsSchema } from "../../plugin/config.ts";
import { buildPlugin } from "./build.ts";

let folder: string;
let scripts: readonly { readonly name: string; readonly text: string }[];

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "cron-healer-bundle-"));
  await buildPlugin(folder);
  const names = (await readdir(folder)).filter((name) => name.endsWith(".js"));
  scripts = await Promise.all(names.map(async (name) => ({ name, text: await readFile(join(folder, name), "utf8") })));
});
after(() => rm(folder, { recursive: true }));

const json = async (name: string) => JSON.parse(await readFile(join(folder, name), "utf8"));

describe("the plugin root", () => {
  it("is complete", async () => {
    const names = await readdir(folder);
    for (const name of ["index.js", "openclaw.plugin.json", "package.json", "README.md", "LICENSE", "docs"]) {
      assert.ok(names.includes(name), name);
    }
  });

  it("has one id everywhere", async () => {
    const { default: plugin } = (await import(join(folder, "index.js"))) as { default: { id: string } };
    const ids = [(await json("package.json")).name, (await json("openclaw.plugin.json")).id, plugin.id];
    assert.deepEqual(new Set(ids), new Set(["openclaw-cron-healer"]));
  });

  it("declares in its manifest the very settings of plugin/config.ts, none of them required", async () => {
    const { configSchema, uiHints } = await json("openclaw.plugin.json");
    assert.deepEqual(Object.keys(configSchema.properties), Object.keys(SettingsSchema.properties));
    assert.equal(configSchema.required, undefined);
    assert.ok(!JSON.stringify(configSchema).includes("additionalProperties"), "an unknown key would stop the gateway");
    const defaults = Value.Default(SettingsSchema, {}) as Record<string, unknown>;
    for (const [key, schema] of Object.entries(configSchema.properties as Record<string, { default?: unknown }>)) {
      if (key !== "patience") assert.deepEqual(schema.default, defaults[key], key);
      assert.ok(uiHints[key] !== undefined || key === "patience", `${key} has no hint`);
    }
  });

  it("pulls in no second gateway", async () => {
    const { dependencies, peerDependencies, peerDependenciesMeta } = await json("package.json");
    assert.equal(dependencies, undefined);
    assert.ok(peerDependencies.openclaw);
    assert.equal(peerDependenciesMeta.openclaw.optional, true);
  });

  it("imports nothing but Node's own modules", () => {
    for (const { name, text } of scripts) {
      for (const [, to = ""] of text.matchAll(/^\s*(?:import|export)\b[^;]*?from\s*"([^"]+)"/gm)) {
        const known = to.startsWith("./") || to.startsWith("node:") || builtinModules.includes(to);
        assert.ok(known, `${name} imports ${to}`);
      }
    }
  });
});

describe("the install scan of 2026.4.14 has nothing to find", () => {
  const together = [
    [/process\.env/, /\bfetch\b|\bpost\b|http\.request/i],
    [/readFileSync|readFile/, /\bfetch\b|\bpost\b|http\.request/i],
    [/child_process/, /\b(?:exec|execSync|spawn|spawnSync|execFile|execFileSync)\s*\(/],
  ] as const;
  it("no two words that it suspects stand in one file", () => {
    for (const { name, text } of scripts) {
      for (const [one, other] of together) assert.ok(!(one.test(text) && other.test(text)), `${name}: ${one} ${other}`);
      assert.doesNotMatch(text, /\beval\s*\(|new\s+Function\s*\(/, name);
    }
  });
});

it("costs a gateway's start less than 100 ms: loading, registering and starting its service", async () => {
  const program = `
    const began = performance.now();
    const { default: plugin } = await import(${JSON.stringify(join(folder, "index.js"))});
    const services = [];
    plugin.register({ logger: { info() {}, warn() {}, error() {} }, on() {}, registerService: (each) => services.push(each) });
    for (const service of services) await service.start({ stateDir: "/nowhere" });
    process.stdout.write(String(performance.now() - began));
    for (const service of services) await service.stop();`;
  const run = promisify(execFile);
  const times: number[] = [];
  for (let index = 0; index < 5; index += 1) {
    times.push(Number((await run(process.execPath, ["--input-type=module", "--eval", program])).stdout));
  }
  const sizes = await Promise.all(scripts.map(async ({ name }) => (await stat(join(folder, name))).size));
  const median = times.sort((one, other) => one - other)[2] ?? Number.NaN;
  console.log(`figure: load + register + service start ${median.toFixed(0)} ms (median of 5)`);
  console.log(
    `figure: bundle ${(sizes.reduce((sum, size) => sum + size, 0) / 1024).toFixed(0)} KiB in ${sizes.length} files`,
  );
  // The quickest: a busy machine makes the others slower, not the plugin.
  assert.ok((times[0] ?? Number.NaN) < 100, `${times.join(", ")} ms`);
});
