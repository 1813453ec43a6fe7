/** The stuck states, in the order of the table. */
export const ROWS = {
  killed: { title: "gateway killed in mid-run, scheduler on" },
  "killed-off": { title: "gateway killed in mid-run, scheduler off" },
  planted: { title: "mark in the store before the start, scheduler on" },
  "planted-off": { title: "mark in the store before the start, scheduler off" },
  adopted: { title: "mark that appears in the store of a running gateway" },
  "store-lost": { title: "store unreadable when a timer run ends" },
  "store-lost-by-hand": { title: "store unreadable when a run by hand ends" },
  "final-write": { title: "store locked when a run ends (trigger B)" },
  "final-write-ledger": { title: "store locked behind the task ledger's write (trigger B)" },
  "final-write-timed-out": { title: "store locked for 105 s when a run times out (trigger B)", slow: true },
  "stale-scheduler": { title: "a replaced scheduler writes its old store back (trigger C)" },
  "two-gateways": { title: "run of another gateway on the same state folder (trigger D)" },
  "batch-finished": { title: "run that has ended in a batch that has not (trigger A)" },
  "batch-waiting": { title: "run that waits for its turn in a batch (trigger A)" },
  "catch-up": { title: "run that waits behind a hanging one after a restart" },
  "foreign-owner": { title: "run of another living process" },
  "live-model": { title: "model that does not answer" },
  "live-hook": { title: "hook that does not return" },
  "live-delivery": { title: "delivery that does not return" },
  "live-cli": { title: "CLI backend that does not answer" },
  wedge: { title: "delivery that does not return, its run timed out (receipt wedge)" },
} as const satisfies Readonly<Record<string, { readonly title: string; readonly slow?: boolean }>>;

export type RowName = keyof typeof ROWS;

export const ROW_NAMES = Object.keys(ROWS) as readonly RowName[];

export const isSlow = (row: RowName): boolean => "slow" in ROWS[row];
