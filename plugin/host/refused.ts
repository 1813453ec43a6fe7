import type { Receipt } from "./port.ts";

export type Refusal = Exclude<Receipt, { kind: "released" }>;

/** Thrown inside the scheduler's own lock to leave its update before it has changed anything. */
export class Refused extends Error {
  readonly receipt: Refusal;

  constructor(receipt: Refusal) {
    super(`openclaw-cron-healer: ${receipt.kind}`);
    this.name = "Refused";
    this.receipt = receipt;
  }
}
