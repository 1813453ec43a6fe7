import { property } from "./shape.ts";

/** What of the version that a JSON store gives itself is not understood; a store without one is of the first. */
export function oddVersion(store: unknown): string | undefined {
  const version = property(store, "version");
  return version === undefined || version === 1 ? undefined : `version ${JSON.stringify(version)} is not known`;
}
