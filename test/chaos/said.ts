import type { Diary } from "./diary.ts";

/** The plugin's lines, read as an operator reads them. */

/** What a line says was done to a run. */
export interface Deed {
  readonly kind: "released" | "told";
  readonly job: string;
  readonly mark: number;
  readonly at: number;
}

/** What a line says was seen of a run that was then left alone. */
export interface Look {
  readonly job: string;
  readonly mark: number;
  readonly at: number;
  readonly session: string;
  /** Every witness said absent. */
  readonly silent: boolean;
}

type Said = Diary["said"];

export const deedsIn = (said: Said): readonly Deed[] =>
  said.flatMap(({ at, text }): readonly Deed[] => {
    const kind = text.startsWith("released ")
      ? "released"
      : text.startsWith("wrote the missing history ")
        ? "told"
        : undefined;
    const run = runIn(text);
    return kind === undefined || run === undefined ? [] : [{ kind, ...run, at }];
  });

export const looksIn = (said: Said): readonly Look[] =>
  said.flatMap(({ at, text }): readonly Look[] => {
    const run = runIn(text);
    const session = / witnesses="?session=(\w+)/.exec(text)?.[1];
    if (run === undefined || session === undefined || / verdict=orphan /.test(text)) return [];
    return [{ ...run, at, session, silent: text.startsWith("silent, looking again ") }];
  });

function runIn(text: string): { readonly job: string; readonly mark: number } | undefined {
  const job = / job=(\S+)/.exec(text)?.[1];
  const mark = Date.parse(/ mark=(\S+)/.exec(text)?.[1] ?? "");
  return job === undefined || Number.isNaN(mark) ? undefined : { job, mark };
}
