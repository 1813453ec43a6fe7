/** A reading that may have failed. What was not read is unknown, never empty. */
export type Observed<T> = Read<T> | Unread;

export interface Read<T> {
  readonly kind: "read";
  readonly value: T;
}

export interface Unread {
  readonly kind: "unread";
  readonly because: string;
}

export const read = <T>(value: T): Read<T> => ({ kind: "read", value });
export const unread = (because: string): Unread => ({ kind: "unread", because });
