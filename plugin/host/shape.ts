/** Looking into values of unknown shape without trusting any of it. */
export type Unshaped = Readonly<Record<string, unknown>>;

/** The value as something with properties; undefined if it has none. */
export const shaped = (value: unknown): Unshaped | undefined =>
  (typeof value === "object" && value !== null) || typeof value === "function" ? (value as Unshaped) : undefined;

export const property = (value: unknown, name: string): unknown => shaped(value)?.[name];

export const textIn = (value: unknown, name: string): string | undefined => {
  const text = property(value, name);
  return typeof text === "string" ? text : undefined;
};

/** A finite number, or nothing. */
export const numberIn = (value: unknown, name: string): number | undefined => {
  const number = property(value, name);
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
};

export const isMethod = (value: unknown, name: string): boolean => typeof property(value, name) === "function";
