import { type Lab, makeLab as makeLabOf, QUICK } from "../2026-4-14/lab.ts";
import type { HomeOptions, Json } from "../harness/home.ts";

export const VERSION = "2026.5.28";

/** The bundled plugins start slowly and none of them is needed; the scheduler has room for eight runs at once. */
export const makeLab = (settings: Json = QUICK, options: Partial<HomeOptions> = {}): Promise<Lab> =>
  makeLabOf(settings, { version: VERSION, ...options });
