import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

interface Source {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly string[];
}

const sources: readonly Source[] = ["plugin", "hooks"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => source(join(folder, name))),
);

function source(path: string): Source {
  const text = readFileSync(join(root, path), "utf8");
  const specifiers = [...withoutComments(text).matchAll(/(?:from|import\()\s*"([^"]+)"/g)].map(
    ([, specifier]) => specifier as string,
  );
  const imports = specifiers.map((to) => (to.startsWith(".") ? normalize(join(dirname(path), to)) : to));
  return { path, text, imports };
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
}

/** The adapters: one for each generation of gateways. None knows another. */
const ADAPTERS = /^plugin\/host\/generation-[a-z]\//;

/** Who may import whom: design.md's table. The first row that fits a file is its row. */
const TABLE: readonly { readonly files: RegExp; readonly may: readonly RegExp[] }[] = [
  { files: /^plugin\/core\//, may: [/^plugin\/core\//] },
  { files: ADAPTERS, may: [/^node:/, /^plugin\/core\//, /^plugin\/host\/[^/]+$/, ADAPTERS] },
  { files: /^plugin\/host\/choose\.ts$/, may: [/^node:/, /^plugin\/core\//, /^plugin\/host\//] },
  { files: /^plugin\/host\//, may: [/^node:/, /^plugin\/core\//, /^plugin\/host\/[^/]+$/] },
  {
    files: /^plugin\/(apply|record|heal)\.ts$/,
    may: [/^plugin\/core\//, /^plugin\/host\/port\.ts$/, /^p-retry$/, /^plugin\/(apply|record|log)\.ts$/],
  },
  { files: /^plugin\/config\.ts$/, may: [/^@sinclair\/typebox/] },
  { files: /^plugin\/(pulse|log)\.ts$/, may: [/^plugin\/core\//, /^plugin\/host\/port\.ts$/, /^pino$/] },
  { files: /^hooks\//, may: [/^plugin\/pulse\.ts$/, /^plugin\/core\/time\.ts$/, /^plugin\/host\/gateway-api\.ts$/] },
  { files: /^plugin\/(index|life|policy-of|environment)\.ts$/, may: [/./] },
];

describe("imports go one way", () => {
  for (const { path, imports } of sources) {
    it(path, () => {
      const row = TABLE.find(({ files }) => files.test(path));
      assert.ok(row, `${path} has no row in the table`);
      for (const to of imports) {
        assert.ok(
          row.may.some((allowed) => allowed.test(to)),
          `${path} may not import ${to}`,
        );
        const adapter = ADAPTERS.exec(path)?.[0];
        if (adapter !== undefined && ADAPTERS.test(to)) assert.ok(to.startsWith(adapter), `${path} imports ${to}`);
        assert.ok(!/openclaw\/dist|-[A-Za-z0-9_]{8}\.m?js$/.test(to), `${path} imports hashed internals: ${to}`);
      }
    });
  }

  it("nothing imports the composition root", () => {
    for (const { path, imports } of sources) assert.ok(!imports.includes("plugin/index.ts"), path);
  });
});

describe("the core is pure", () => {
  for (const { path, text } of sources.filter(({ path }) => path.startsWith("plugin/core/"))) {
    it(path, () => {
      assert.doesNotMatch(
        withoutComments(text),
        /\bawait\b|\basync\b|Date\.now|new Date\(|performance\.|process\.|Math\.random|setTimeout/,
      );
    });
  }
});

it("every source file stays readable: at most 250 lines", () => {
  for (const { path, text } of sources) assert.ok(text.split("\n").length <= 251, path);
});
