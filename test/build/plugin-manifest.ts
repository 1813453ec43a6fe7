import type { TSchema } from "@sinclair/typebox";
import { SettingsSchema } from "../../plugin/config.ts";

interface Hint {
  readonly label: string;
  readonly help?: string;
}

/** manifest.json, with the schema of the settings and the help that stands in it. */
export function pluginManifest(manifest: unknown, projectPackage: unknown): Record<string, unknown> {
  const base = manifest as { readonly uiHints: Record<string, Hint> } & Record<string, unknown>;
  const { version } = projectPackage as { readonly version: string };
  const uiHints = Object.fromEntries(
    Object.entries(base.uiHints).map(([key, hint]) => [key, { ...hint, help: helpFor(key) }]),
  );
  return { ...base, version, uiHints, configSchema: plain(SettingsSchema) };
}

/**
 * A copy as the gateway will read it: optional everywhere, because the plugin fills in its own defaults, and open for
 * unknown keys, because a gateway refuses to start with a config that its schema does not fit: a setting of a later
 * version must not do that. Wrong values of known settings are refused, by name.
 */
function plain(schema: TSchema): unknown {
  const copy = JSON.parse(JSON.stringify(schema)) as unknown;
  relax(copy);
  return copy;
}

function relax(schema: unknown): void {
  if (typeof schema !== "object" || schema === null) return;
  if ("required" in schema && Array.isArray(schema.required)) delete (schema as { required?: unknown }).required;
  if ("additionalProperties" in schema && schema.additionalProperties === false) {
    delete (schema as { additionalProperties?: unknown }).additionalProperties;
  }
  // The gateway tells all allowed values of an enum, and only the first of a list of constants.
  const choices = "anyOf" in schema && Array.isArray(schema.anyOf) ? schema.anyOf.map(({ const: value }) => value) : [];
  if (choices.length > 0 && choices.every((choice) => typeof choice === "string")) {
    delete (schema as { anyOf?: unknown }).anyOf;
    Object.assign(schema, { type: "string", enum: choices });
  }
  for (const child of Object.values(schema)) relax(child);
}

function helpFor(key: string): string {
  let schema: TSchema = SettingsSchema;
  for (const part of key.split(".")) {
    const next = (schema.properties as Record<string, TSchema> | undefined)?.[part];
    if (next === undefined) throw new Error(`manifest.json: uiHints names ${key}, which is no setting`);
    schema = next;
  }
  if (schema.description === undefined) throw new Error(`plugin/config.ts: ${key} has no description`);
  return schema.description;
}
