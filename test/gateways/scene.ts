import type { GatewayVersion } from "../gateway/harness/generation.ts";
import type { HomeOptions } from "../gateway/harness/home.ts";
import type { Fault } from "./fault.ts";
import type { Lab } from "./lab.ts";
import type { RowName } from "./rows.ts";

/** Rows that do not disturb each other and share a gateway. It is played twice at once: without the plugin and with it. */
export interface Scene {
  readonly name: string;
  readonly rows: readonly RowName[];
  /** All of them unless given. */
  readonly versions?: readonly GatewayVersion[];
  home?(version: GatewayVersion): Partial<HomeOptions>;
  make(lab: Lab, faults: Faults): Promise<void>;
}

/** Takes the faults as they are made; one that cannot be made does not stop the others. */
export interface Faults {
  wants(row: RowName): boolean;
  add(row: RowName, fault: Fault): void;
  make(row: RowName, deed: () => Promise<Fault>): Promise<void>;
  /** Waits until the fates of all that was added are known; without the plugin nobody waits. */
  settled(): Promise<void>;
}
