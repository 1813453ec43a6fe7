import { cli } from "../gateway/harness/cli.ts";
import type { Gateway } from "../gateway/harness/gateway.ts";

/** One line of the closing table. */
export interface Row {
  readonly what: string;
  readonly without: string;
  readonly withPlugin: string;
}

/** What `openclaw cron run`, `cron list` and `cron runs` tell a person about one job. */
export interface Symptom {
  readonly run: string;
  readonly list: string;
  readonly entries: readonly Entry[];
}

export interface Entry {
  readonly status: string;
  readonly error?: string;
  readonly runAtMs?: number;
  readonly durationMs?: number;
}

/** Tells what happens, counts what was expected and not seen. */
export class Stage {
  readonly #began = performance.now();
  readonly #missing: string[] = [];

  say(text: string): void {
    const seconds = ((performance.now() - this.#began) / 1000).toFixed(1).padStart(6);
    process.stdout.write(`${seconds} s  ${text}\n`);
  }

  quote(text: string): void {
    for (const line of text.trimEnd().split("\n")) process.stdout.write(`            | ${line}\n`);
  }

  /** Says what was seen; what was not seen makes the demo fail. */
  expect(what: string, seen: boolean, shown = ""): void {
    this.say(`${seen ? "ok  " : "MISSING"} ${what}${shown === "" ? "" : `: ${shown}`}`);
    if (!seen) this.#missing.push(what);
  }

  /** Prints the table; answers the exit code. */
  close(rows: readonly Row[]): number {
    const all: readonly Row[] = [{ what: "", without: "without the plugin", withPlugin: "with the plugin" }, ...rows];
    const width = (of: (row: Row) => string) => Math.max(...all.map((row) => of(row).length));
    const [first, second, third] = [
      width((row) => row.what),
      width((row) => row.without),
      width((row) => row.withPlugin),
    ];
    process.stdout.write("\n");
    all.forEach(({ what, without, withPlugin }, index) => {
      process.stdout.write(`${what.padEnd(first)} | ${without.padEnd(second)} | ${withPlugin}\n`);
      if (index === 0) process.stdout.write(`${"-".repeat(first)}-+-${"-".repeat(second)}-+-${"-".repeat(third)}\n`);
    });
    if (this.#missing.length === 0) return 0;
    process.stdout.write(`\nNot seen:\n${this.#missing.map((what) => `  ${what}\n`).join("")}`);
    return 1;
  }
}

/** Asks the real CLI, as an operator would. */
export async function symptomOf(gateway: Gateway, id: string): Promise<Symptom> {
  return {
    run: await runByHand(gateway, id),
    list: await listStatus(gateway, id),
    entries: await entriesOf(gateway, id),
  };
}

export async function runByHand(gateway: Gateway, id: string): Promise<string> {
  const { reason, enqueued, ok } = (await cli(gateway, "cron", "run", id)).json<{
    reason?: string;
    enqueued?: boolean;
    ok?: boolean;
  }>();
  return reason ?? (enqueued === true || ok === true ? "enqueued" : "refused");
}

export async function entriesOf(gateway: Gateway, id: string): Promise<readonly Entry[]> {
  return (await cli(gateway, "cron", "runs", "--id", id)).json<{ entries: readonly Entry[] }>().entries;
}

export async function listStatus(gateway: Gateway, id: string): Promise<string> {
  const { stdout } = await cli(gateway, "cron", "list", "--all");
  const line = stdout.split("\n").find((each) => each.includes(id)) ?? "";
  return (
    /\b(running|idle|ok|error|disabled|skipped)\b/.exec(line.slice(line.indexOf(id) + id.length))?.[1] ?? `? ${line}`
  );
}

export const spokenSymptom = ({ run, list, entries }: Symptom): string =>
  `cron run: ${run}; cron list: ${list}; cron runs: ${entries.length} entries`;

/** Seconds between two moments of a log, with one decimal. */
export const secondsBetween = (from: number, to: number): string => `${((to - from) / 1000).toFixed(1)} s`;
