let last: Promise<unknown> = Promise.resolve();

/** Gateways start one after another: a start is what keeps a core busy, and four of them at once take minutes. */
export function oneByOne<T>(deed: () => Promise<T>): Promise<T> {
  const done = last.then(deed, deed);
  last = done;
  return done;
}
