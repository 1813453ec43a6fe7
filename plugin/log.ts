import { pino } from "pino";

/** The gateway's own logger: one string a line. */
export interface GatewayLogger {
  debug?(line: string): void;
  info(line: string): void;
  warn(line: string): void;
  error(line: string): void;
}

export type Level = "debug" | "info" | "warn" | "error";
export type Fields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Our log: a sentence and its facts. */
export type Log = Readonly<Record<Level, (sentence: string, fields?: Fields) => void>>;

const PLUGIN = "openclaw-cron-healer";

/** pino decides what is written and shapes it; the gateway's logger writes it, each line at its own level. */
export function createLog(gateway: GatewayLogger, level: Level): Log {
  const sink = {
    [Symbol.for("pino.metadata")]: true,
    lastLevel: 30,
    lastMsg: "",
    lastObj: {} as Fields,
    write(): void {
      write(gateway, labelled(this.lastLevel), line(this.lastMsg, this.lastObj ?? {}));
    },
  };
  const logger = pino({ level, base: null, timestamp: false }, sink);
  const at =
    (name: Level) =>
    (sentence: string, fields: Fields = {}): void =>
      logger[name](fields, sentence);
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

function write(gateway: GatewayLogger, level: Level, text: string): void {
  try {
    gateway[level]?.(text);
  } catch {
    // A logger that throws must not stop a pass.
  }
}

function labelled(level: number): Level {
  if (level >= 50) return "error";
  if (level >= 40) return "warn";
  return level >= 30 ? "info" : "debug";
}

function line(sentence: string, fields: Fields): string {
  const facts = Object.entries(fields).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}=${shown(value)}`],
  );
  return [`${PLUGIN}: ${sentence}`, ...facts].join(" ");
}

/** What breaks a line, steers a terminal or turns the direction of the text around. */
const STEERING = /[\p{Cc}\u2028\u2029\p{Bidi_Control}]/gu;

/** Plain words stay plain; anything else is quoted, so that no job name can forge a line or a field. */
function shown(value: string | number | boolean): string {
  const text = String(value);
  return /^[\w.:/+@-]+$/.test(text) ? text : JSON.stringify(text).replace(STEERING, escaped);
}

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
