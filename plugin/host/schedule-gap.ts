import { type Observed, read, unread } from "../core/observed.ts";
import { type Millis, millis } from "../core/time.ts";
import { importFromHost } from "./host-module.ts";
import { messageOf } from "./regular-file.ts";

interface Slots {
  nextRuns(count: number): readonly Date[];
}

type SlotParser = new (expression: string, options: { timezone?: string; catch: false }) => Slots;

const SLOTS = 25;

/** The smallest gap between two slots of a schedule, by the parser that the gateway itself uses. */
export class ScheduleGap {
  readonly #known = new Map<string, Observed<Millis | undefined>>();
  #parser: Promise<Observed<SlotParser>> | undefined;

  async of(schedule: unknown): Promise<Observed<Millis | undefined>> {
    if (typeof schedule !== "object" || schedule === null) return unread("no schedule");
    const { kind, everyMs, expr, tz } = schedule as Readonly<Record<string, unknown>>;
    if (kind === "at") return read(undefined);
    if (kind === "every") {
      return typeof everyMs === "number" && everyMs > 0 ? read(millis(everyMs)) : unread("everyMs is no length");
    }
    if (kind !== "cron" || typeof expr !== "string") return unread(`schedule of kind ${JSON.stringify(kind)}`);
    const zone = typeof tz === "string" && tz !== "" ? tz : undefined;
    const key = `${expr}\n${zone ?? ""}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#known.size > 1000) this.#known.clear();
    const gap = await this.#smallest(expr, zone);
    this.#known.set(key, gap);
    return gap;
  }

  async #smallest(expression: string, timezone: string | undefined): Promise<Observed<Millis | undefined>> {
    this.#parser ??= loadParser();
    const parser = await this.#parser;
    if (parser.kind === "unread") return parser;
    try {
      const slots = new parser.value(expression, { catch: false, ...(timezone === undefined ? {} : { timezone }) });
      const moments = slots.nextRuns(SLOTS).map((slot) => slot.getTime());
      const gaps = moments.slice(1).map((moment, index) => moment - (moments[index] ?? moment));
      return read(gaps.length === 0 ? undefined : millis(Math.min(...gaps)));
    } catch (error) {
      return unread(`cron expression not understood: ${messageOf(error)}`);
    }
  }
}

async function loadParser(): Promise<Observed<SlotParser>> {
  try {
    const { Cron } = (await importFromHost("croner")) as { readonly Cron?: SlotParser };
    return Cron === undefined ? unread("the gateway's schedule parser is not where it was") : read(Cron);
  } catch (error) {
    return unread(`the gateway's schedule parser cannot be loaded: ${messageOf(error)}`);
  }
}
