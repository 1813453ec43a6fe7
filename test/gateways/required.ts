import type { GatewayVersion } from "../gateway/harness/generation.ts";
import type { RequiredFate } from "./fate.ts";
import type { RowName } from "./rows.ts";

/**
 * What has to become of each run, written by hand. The figures cite openclaw.md, what the real gateways were measured to do:
 * part 2 is 2026.4.14, 3 is 2026.9.6, 4 is 2026.5.28, 5 is 2026.8.2, 6 is 2026.7.1-2.
 */
export type Required =
  | { readonly kind: "required"; readonly fate: RequiredFate; readonly cites: string }
  | { readonly kind: "n.a."; readonly because: string };

const required =
  (fate: RequiredFate) =>
  (cites: string): Required => ({ kind: "required", fate, cites });

const gateway = required("by the gateway");
const both = required("by the gateway, told by us");
const us = required("by us");
const kept = required("by us, own result kept");
const restored = required("by us, own result restored");
const named = required("named, left alone");
const none = (because: string): Required => ({ kind: "n.a.", because });

const NO_BATCH = none("each run is marked when it begins and ends by itself");
const NO_RECEIPTS = none("a mark names no owner");
const ONE_GATEWAY = none("a second gateway is refused by the lock on the state folder");
const NO_FILE = none("the store is SQLite");
const NO_LOCK = none("the store is a file that nobody can lock");
const NOT_TRIED = none("not known there");

export const REQUIRED: Readonly<Record<RowName, Readonly<Record<GatewayVersion, Required>>>> = {
  killed: {
    "2026.4.14": both("2.4 a: cleared at start, history nothing ever"),
    "2026.5.28": gateway("4.4: healed 0.45 s after ready, with a row"),
    "2026.7.1-2": gateway("6.5: healed 0.4 s after ready, with a row"),
    "2026.8.2": gateway("5.6: healed at start, with a row"),
    "2026.9.6": gateway("3.4 a: healed at start, with a row"),
  },
  "killed-off": {
    "2026.4.14": us("2.4 h: start does not clear"),
    "2026.5.28": us("4.4: never healed below 2 h"),
    "2026.7.1-2": us("6.5: never"),
    "2026.8.2": us("5.6: never"),
    "2026.9.6": us("3.4 h: never"),
  },
  planted: {
    "2026.4.14": both("2.4 d: cleared at start, no history"),
    "2026.5.28": gateway("4.4: the same as a kill"),
    "2026.7.1-2": gateway("6.5: the same as a kill"),
    "2026.8.2": gateway("5.6: the same path as a kill"),
    "2026.9.6": gateway("3.4 d1: healed at start, with a row"),
  },
  "planted-off": {
    "2026.4.14": us("2.4 h"),
    "2026.5.28": us("4.4: never healed below 2 h"),
    "2026.7.1-2": us("6.5: never"),
    "2026.8.2": us("5.6: never"),
    "2026.9.6": us("3.4 h: any marker, never"),
  },
  adopted: {
    "2026.4.14": us("2.4 e: adopted by a tick, stays until 2 h"),
    "2026.5.28": us("4.4: adopted at the next tick, then never healed"),
    "2026.7.1-2": us("6.5: the next tick adopts it, 2 h rule"),
    "2026.8.2": both("5.6: healed at the next tick, no row, no event"),
    "2026.9.6": gateway("3.4 e: healed at the next tick, with a row"),
  },
  "store-lost": {
    "2026.4.14": us("2.4 g: never healed"),
    "2026.5.28": us("4.4 natural orphan A: never healed"),
    "2026.7.1-2": NO_FILE,
    "2026.8.2": NO_FILE,
    "2026.9.6": NO_FILE,
  },
  "store-lost-by-hand": {
    "2026.4.14": NOT_TRIED,
    "2026.5.28": kept("4.4 natural orphan B: its row exists, the mark comes back at the next tick"),
    "2026.7.1-2": NO_FILE,
    "2026.8.2": NO_FILE,
    "2026.9.6": NO_FILE,
  },
  "final-write": {
    "2026.4.14": NO_LOCK,
    "2026.5.28": NO_LOCK,
    "2026.7.1-2": kept("6.4 B, lock of 75 s: the mark stays, the row says ok"),
    "2026.8.2": none(
      "not made: a lock of 24 s left an orphan once (5.6) and none here; 45 s end the gateway's process",
    ),
    "2026.9.6": gateway("3.4 f5, lock of 75 s: healed at the next good tick, with a row"),
  },
  "final-write-ledger": {
    "2026.4.14": NO_LOCK,
    "2026.5.28": NO_LOCK,
    "2026.7.1-2": restored("6.4 B, 6.6: the mark stays, only task_runs tells the truth"),
    "2026.8.2": NOT_TRIED,
    "2026.9.6": NOT_TRIED,
  },
  "final-write-timed-out": {
    "2026.4.14": NO_LOCK,
    "2026.5.28": NO_LOCK,
    "2026.7.1-2": us("6.4 B, lock of 100 s and time-out: the mark stays, no row"),
    "2026.8.2": none("a lock of 45 s ends the gateway's process (5.6)"),
    "2026.9.6": NOT_TRIED,
  },
  "stale-scheduler": {
    "2026.4.14": NOT_TRIED,
    "2026.5.28": NOT_TRIED,
    "2026.7.1-2": kept("6.4 C: marks back for jobs that finished, their rows exist"),
    "2026.8.2": none("the store is saved row by row"),
    "2026.9.6": none("the store is saved row by row"),
  },
  "two-gateways": {
    "2026.4.14": named("trap 14: a mark that another living gateway may own is never released"),
    "2026.5.28": named("trap 14"),
    "2026.7.1-2": named("6.4 D, trap 14"),
    "2026.8.2": ONE_GATEWAY,
    "2026.9.6": ONE_GATEWAY,
  },
  "batch-finished": {
    "2026.4.14": named("trap 2, 2.4 c1: one tick at a time"),
    "2026.5.28": named("4.4: mark and missing row stay until the hung peer has ended"),
    "2026.7.1-2": named("6.4 A: the marker is owned and the gateway will finish it"),
    "2026.8.2": NO_BATCH,
    "2026.9.6": NO_BATCH,
  },
  "batch-waiting": {
    "2026.4.14": named("trap 1, 2.4 c2: clearing a waiting job ran it twice"),
    "2026.5.28": named("trap 1, 4.4"),
    "2026.7.1-2": named("6.4 A"),
    "2026.8.2": NO_BATCH,
    "2026.9.6": NO_BATCH,
  },
  "catch-up": {
    "2026.4.14": named("2.4 f: up to five missed jobs are marked at once and run one by one"),
    "2026.5.28": none("missed jobs are put off by two minutes, one at a time (4.4)"),
    "2026.7.1-2": none("missed jobs are put off by two minutes, one at a time (6.5)"),
    "2026.8.2": NO_BATCH,
    "2026.9.6": NO_BATCH,
  },
  "foreign-owner": {
    "2026.4.14": NO_RECEIPTS,
    "2026.5.28": NO_RECEIPTS,
    "2026.7.1-2": NO_RECEIPTS,
    "2026.8.2": named("5.6: kept while that pid lives"),
    "2026.9.6": named("3.4 d3: not healed while that pid lives"),
  },
  "live-model": {
    "2026.4.14": named("2.4 c: alive until its time-out"),
    "2026.5.28": named("4.4, 4.6"),
    "2026.7.1-2": named("6.5, 6.7"),
    "2026.8.2": named("5.8"),
    "2026.9.6": named("3.4 c2, 3.6"),
  },
  "live-hook": {
    "2026.4.14": named("trap 5 and the witnesses of A: no session shows it"),
    "2026.5.28": named("4.4, 4.6: no embedded run shows it"),
    "2026.7.1-2": named("6.5, 6.7: no embedded run shows it"),
    "2026.8.2": named("5.8: none of the sessions shows it"),
    "2026.9.6": named("3.4 f2, 3.6: no session shows it"),
  },
  "live-delivery": {
    "2026.4.14": named("1.5 P2: the delivery phase is no embedded run"),
    "2026.5.28": named("1.5 P2"),
    "2026.7.1-2": named("1.5 P2"),
    "2026.8.2": named("5.8: the session row says done while the channel hangs"),
    "2026.9.6": named("5.4, 5.8"),
  },
  "live-cli": {
    "2026.4.14": named("1.5 P2: a CLI backend is no embedded run"),
    "2026.5.28": named("1.5 P2"),
    "2026.7.1-2": named("1.5 P2"),
    "2026.8.2": named("5.8"),
    "2026.9.6": named("5.8"),
  },
  wedge: {
    "2026.4.14": NO_RECEIPTS,
    "2026.5.28": NO_RECEIPTS,
    "2026.7.1-2": NO_RECEIPTS,
    "2026.8.2": kept("5.4, 5.7, 5.8: the receipt runs for ever, there is no mark, the row tells the time-out"),
    "2026.9.6": kept("5.4, 5.7, 5.8"),
  },
};
