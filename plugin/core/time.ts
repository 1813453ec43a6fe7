declare const unit: unique symbol;

/** A moment on the wall clock, in milliseconds since 1970. It may step back and forth; never measure with it. */
export type Instant = number & { readonly [unit]: "instant" };

/** A length of time in milliseconds. */
export type Millis = number & { readonly [unit]: "millis" };

/** A moment counted in milliseconds in which this process really ran. Suspends, stops and stalls do not count. */
export type ProcessTime = number & { readonly [unit]: "process-time" };

export const instant = (value: number): Instant => value as Instant;
export const millis = (value: number): Millis => value as Millis;
export const processTime = (value: number): ProcessTime => value as ProcessTime;

export const seconds = (value: number): Millis => millis(value * 1000);
export const minutes = (value: number): Millis => seconds(value * 60);
export const hours = (value: number): Millis => minutes(value * 60);

/** How much process time lies between two moments of it. */
export const between = (from: ProcessTime, to: ProcessTime): Millis => millis(to - from);

export const later = (from: ProcessTime, by: Millis): ProcessTime => processTime(from + by);

/** Age of something on the wall clock; never negative, whatever the clock did. */
export const ageAt = (at: Instant, since: Instant): Millis => millis(Math.max(0, at - since));

/** "850ms", "41s", "12m", "3h05m": short, for people. */
export function spoken(length: Millis): string {
  if (length < 1000) return `${Math.round(length)}ms`;
  if (length < 120_000) return `${Math.round(length / 1000)}s`;
  const wholeMinutes = Math.round(length / 60_000);
  if (wholeMinutes < 120) return `${wholeMinutes}m`;
  return `${Math.floor(wholeMinutes / 60)}h${String(wholeMinutes % 60).padStart(2, "0")}m`;
}
