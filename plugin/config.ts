import { type Static, Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";

const Seconds = (minimum: number, maximum: number, fallback: number, description: string) =>
  Type.Number({ minimum, maximum, default: fallback, description });

const JobOverride = Type.Object(
  {
    patienceSeconds: Type.Optional(
      Type.Number({ minimum: 30, maximum: 604_800, description: "Patience of this job, in seconds." }),
    ),
    watch: Type.Optional(Type.Boolean({ description: "false: this job is never released, only left alone." })),
  },
  { additionalProperties: false },
);

/** The settings, declared once: type, defaults, check and manifest schema all come from here. */
export const SettingsSchema = Type.Object(
  {
    enabled: Type.Boolean({ default: true, description: "false: the plugin stays loaded and does nothing." }),
    mode: Type.Union([Type.Literal("heal"), Type.Literal("observe")], {
      default: "heal",
      description: "heal: release proven orphans. observe: say what would be done and write nothing.",
    }),
    scanSeconds: Seconds(5, 300, 30, "How often the running jobs are looked at."),
    graceSeconds: Seconds(20, 3600, 40, "From the first sight of a mark to the first of two looks."),
    lookSeconds: Seconds(20, 3600, 40, "From the first look to the look that may release."),
    endedSeconds: Seconds(15, 3600, 15, "Both of these, for a run that was seen alive and has ended since."),
    patience: Type.Object(
      {
        floorSeconds: Seconds(30, 7200, 180, "No job's patience is shorter."),
        ceilingSeconds: Seconds(30, 7200, 7200, "No job's patience is longer, but for an override of its own."),
        intervals: Type.Number({ minimum: 1, maximum: 100, default: 2, description: "Patience in job intervals." }),
      },
      { additionalProperties: false, default: {} },
    ),
    jobs: Type.Record(Type.String({ minLength: 1 }), JobOverride, {
      default: {},
      description: "Overrides for single jobs, by job id or name.",
    }),
    releasesPer72Hours: Type.Integer({
      minimum: 1,
      maximum: 100,
      default: 3,
      description: "A job released this often in 72 hours without a good run between is left to the operator.",
    }),
    logLevel: Type.Union([Type.Literal("debug"), Type.Literal("info"), Type.Literal("warn"), Type.Literal("error")], {
      default: "info",
      description: "The least important line that is written.",
    }),
  },
  { additionalProperties: false },
);

export type Settings = Static<typeof SettingsSchema>;

/** What an operator may say in the environment of the gateway; it beats the config. */
export interface EnvironmentOverrides {
  readonly mode: string | undefined;
  readonly patienceSeconds: string | undefined;
}

export const MODE_VARIABLE = "OPENCLAW_CRON_HEALER_MODE";
export const PATIENCE_VARIABLE = "OPENCLAW_CRON_HEALER_PATIENCE_SECONDS";

export type Configured =
  | {
      readonly kind: "settings";
      readonly settings: Settings;
      readonly patienceForAll: number | undefined;
      /** Keys that are no settings: ignored, and said. A later version's settings must not keep a gateway from starting. */
      readonly unknown: readonly string[];
    }
  | { readonly kind: "rejected"; readonly because: string };

/** Fills in defaults and checks. A wrong value names its key and itself; one sentence, for one log line. */
export function configure(given: unknown, environment: EnvironmentOverrides): Configured {
  const unknown = unknownKeys(given);
  const settings = Value.Default(SettingsSchema, Value.Clean(SettingsSchema, Value.Clone(given ?? {})));
  if (!Value.Check(SettingsSchema, settings)) return rejected(firstError(settings));
  if (environment.mode !== undefined && environment.mode !== "heal" && environment.mode !== "observe") {
    return rejected(`${MODE_VARIABLE}=${environment.mode}: must be "heal" or "observe"`);
  }
  const patienceForAll = environment.patienceSeconds === undefined ? undefined : Number(environment.patienceSeconds);
  if (patienceForAll !== undefined && !(patienceForAll >= 30 && patienceForAll <= 604_800)) {
    return rejected(`${PATIENCE_VARIABLE}=${environment.patienceSeconds}: must be a number from 30 to 604800`);
  }
  const nonsense = contradiction(settings);
  if (nonsense !== undefined) return rejected(nonsense);
  return {
    kind: "settings",
    settings: { ...settings, mode: environment.mode ?? settings.mode },
    patienceForAll,
    unknown,
  };
}

function contradiction({ patience, scanSeconds, graceSeconds, lookSeconds }: Settings): string | undefined {
  const { floorSeconds, ceilingSeconds } = patience;
  if (floorSeconds > ceilingSeconds) {
    return `patience.floorSeconds=${floorSeconds} is above patience.ceilingSeconds=${ceilingSeconds}`;
  }
  if (scanSeconds > floorSeconds) {
    return `scanSeconds=${scanSeconds} is above patience.floorSeconds=${floorSeconds}`;
  }
  if (graceSeconds + lookSeconds > floorSeconds) {
    return `graceSeconds=${graceSeconds} + lookSeconds=${lookSeconds} is above patience.floorSeconds=${floorSeconds}`;
  }
  return undefined;
}

/** The keys, with dots, that the schema does not know. */
function unknownKeys(given: unknown): readonly string[] {
  const known = Value.Clean(SettingsSchema, Value.Clone(given));
  return difference(given, known, "");
}

function difference(given: unknown, known: unknown, path: string): readonly string[] {
  if (!isRecord(given) || !isRecord(known)) return [];
  return Object.entries(given).flatMap(([key, value]) =>
    key in known ? difference(value, known[key], `${path}${key}.`) : [`${path}${key}`],
  );
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function firstError(settings: unknown): string {
  const [error] = [...Value.Errors(SettingsSchema, settings)];
  if (error === undefined) return "the settings do not fit their schema";
  const key = error.path.slice(1).replaceAll("/", ".") || "config";
  return `${key}=${JSON.stringify(error.value)}: ${error.message}`;
}

const rejected = (because: string): Configured => ({ kind: "rejected", because });
