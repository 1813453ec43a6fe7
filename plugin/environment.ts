import { type EnvironmentOverrides, MODE_VARIABLE, PATIENCE_VARIABLE } from "./config.ts";

/** What the operator said in the environment of the gateway. */
export const environmentOverrides = (): EnvironmentOverrides => ({
  mode: process.env[MODE_VARIABLE],
  patienceSeconds: process.env[PATIENCE_VARIABLE],
});
