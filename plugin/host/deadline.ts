import type { Millis } from "../core/time.ts";

/** Waits no longer than the deadline. The work itself is not stopped: whoever starts it must be able to stand that. */
export async function withDeadline<T>(work: Promise<T>, deadline: Millis, what: string): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`${what}: no answer in ${deadline / 1000} s`)), deadline);
  timer.unref();
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
    work.catch(() => {});
  }
}
