import type { Policy, Windows } from "./policy.ts";
import type { Snapshot } from "./snapshot.ts";
import { between, type Millis, type ProcessTime } from "./time.ts";

/** What we remember of one mark from pass to pass, all of it on process time. */
export interface Sighting {
  readonly firstSeen: ProcessTime;
  /** Since when nothing but absence was seen: the last look that saw anything else, or first sight. */
  readonly quietSince: ProcessTime;
  /** The first of two looks at which every witness said absent. */
  readonly strike: ProcessTime | undefined;
  readonly seenAlive: boolean;
  /** At some look since it was last seen alive, most other runs were silent too. */
  readonly silentTogether: boolean;
  /** Its witnesses went silent together with most others: their absence proves nothing any more. */
  readonly distrusted: boolean;
}

export const firstSight = (snapshot: Snapshot): Sighting => ({
  firstSeen: snapshot.looked.until,
  quietSince: snapshot.looked.until,
  strike: undefined,
  seenAlive: false,
  silentTogether: false,
  distrusted: false,
});

/** A look that saw anything but absence starts all waiting anew. */
export const disturbed = (sighting: Sighting, at: ProcessTime): Sighting => ({
  ...sighting,
  quietSince: at,
  strike: undefined,
});

export const seenAlive = (sighting: Sighting, at: ProcessTime): Sighting => ({
  ...disturbed(sighting, at),
  seenAlive: true,
  silentTogether: false,
  distrusted: false,
});

/** Where a silent mark stands between first sight and proof. */
export type Silence =
  | { readonly kind: "too-early"; readonly lookAgain: ProcessTime }
  | { readonly kind: "first-look"; readonly lookAgain: ProcessTime }
  | { readonly kind: "between-looks"; readonly lookAgain: ProcessTime }
  | { readonly kind: "second-look" };

/**
 * The two looks. A gap counts from the end of the earlier look to the start of the later one, so that slow witnesses
 * make it longer and never shorter.
 */
export function silenceOf(
  sighting: Sighting,
  { looked }: Snapshot,
  { windows }: Policy,
  headStart: Millis | undefined,
): Silence {
  const { grace, look } = windowsFor(sighting, windows, headStart);
  if (sighting.strike !== undefined) {
    return between(sighting.strike, looked.from) > look
      ? { kind: "second-look" }
      : { kind: "between-looks", lookAgain: justAfter(sighting.strike, look) };
  }
  return between(sighting.quietSince, looked.from) > grace
    ? { kind: "first-look", lookAgain: justAfter(looked.until, look) }
    : { kind: "too-early", lookAgain: justAfter(sighting.quietSince, grace) };
}

/** A gateway that heals marks by itself gets a head start before our first strike. */
function windowsFor(sighting: Sighting, windows: Windows, headStart: Millis | undefined) {
  const base = sighting.seenAlive ? { grace: windows.ended, look: windows.ended } : windows;
  const grace = Math.max(base.grace, headStart ?? 0) as Millis;
  return { grace, look: base.look };
}

const justAfter = (from: ProcessTime, wait: Millis): ProcessTime => (from + wait + 1) as ProcessTime;
