/** What was seen to become of one lost or living run. */
export type Fate =
  /** The gateway cleared the mark and told the run. */
  | "by the gateway"
  /** The gateway cleared the mark and forgot the run; the plugin told it. */
  | "by the gateway, told by us"
  /** The plugin cleared the mark and told the run. */
  | "by us"
  /** The plugin cleared the mark; the run's own result stands and nothing was added to it. */
  | "by us, own result kept"
  /** The plugin cleared the mark and told the run as the gateway's task ledger knew it. */
  | "by us, own result restored"
  /** The claim stands, and a line that an operator sees says why. */
  | "named, left alone"
  | "stuck"
  | "cleared, untold"
  | "by us, untold"
  | "told twice";

/** What is there to be seen of a run at one moment. */
export interface Look {
  /** The store, or the scheduler's memory, still claims that the run is alive. */
  readonly marked: boolean;
  /** The plugin's sentences about the run that an operator sees. */
  readonly named: boolean;
  readonly released: boolean;
  /** History entries of this run. */
  readonly entries: {
    readonly ours: number;
    /** Ours, with the result that the run really had. */
    readonly restored: number;
    readonly others: number;
  };
}

export function fateOf({ marked, named, released, entries: { ours, restored, others } }: Look): Fate {
  if (ours + restored > 1 || (ours + restored > 0 && others > 0)) return "told twice";
  if (marked) return named ? "named, left alone" : "stuck";
  if (released && restored > 0) return "by us, own result restored";
  if (released) return ours > 0 ? "by us" : others > 0 ? "by us, own result kept" : "by us, untold";
  return others > 0 ? "by the gateway" : ours > 0 ? "by the gateway, told by us" : "cleared, untold";
}

const HEALED: readonly Fate[] = [
  "by the gateway",
  "by the gateway, told by us",
  "by us",
  "by us, own result kept",
  "by us, own result restored",
];

export const isHealed = (fate: Fate): boolean => HEALED.includes(fate);

/** What has to be seen without the plugin for a fate with it to mean anything. */
export function aloneOf(required: RequiredFate): Fate {
  switch (required) {
    case "by the gateway":
      return "by the gateway";
    case "by the gateway, told by us":
      return "cleared, untold";
    case "by us":
    case "by us, own result kept":
    case "by us, own result restored":
    case "named, left alone":
      return "stuck";
  }
}

export type RequiredFate = Exclude<Fate, "stuck" | "cleared, untold" | "by us, untold" | "told twice">;
