import { resolve } from "node:path";
import { type Configured, configure, type EnvironmentOverrides } from "./config.ts";
import { disturbAll, type Memory } from "./core/examine.ts";
import { type Lessons, NO_LESSONS } from "./core/experience.ts";
import { budgetSince, type Policy } from "./core/policy.ts";
import { between, type Millis, millis, type ProcessTime, seconds } from "./core/time.ts";
import { heal } from "./heal.ts";
import type { Access } from "./host/access.ts";
import { bounded } from "./host/bounded.ts";
import { briefing } from "./host/briefing.ts";
import { chooseHost } from "./host/choose.ts";
import { withDeadline } from "./host/deadline.ts";
import { observing } from "./host/observing.ts";
import type { Host } from "./host/port.ts";
import { ProcessClock } from "./host/process-clock.ts";
import { processWide } from "./host/process-wide.ts";
import { ScheduleGap } from "./host/schedule-gap.ts";
import type { SessionRows } from "./host/session-rows.ts";
import { createLog, type GatewayLogger, type Level, type Log } from "./log.ts";
import { policyOf } from "./policy-of.ts";
import { Pulse } from "./pulse.ts";
import { Recorder } from "./record.ts";

/** What one life of the plugin is given by the gateway that it lives in. */
export interface Surroundings {
  readonly logger: GatewayLogger;
  readonly stateDir: string;
  readonly environment: EnvironmentOverrides;
  /** The settings as they are at this moment. */
  settings(): unknown;
  sessions(): SessionRows | undefined;
  /** Whether this gateway keeps what runs beside its jobs, in a file of its own: a later generation than A. */
  readonly splitsItsStore: boolean;
}

const IDLE = seconds(30);
const FIRST_LOOK = millis(50);
const STOP_LIMIT = seconds(0.8);

/** What was learnt of jobs outlives a reload of the plugin: the runs that taught it do so too. */
const lessons = (): { now: Lessons } => processWide("lessons", () => ({ now: NO_LESSONS }));

/** One life of the plugin: from a service start to its stop. */
export class Life {
  readonly #surroundings: Surroundings;
  readonly #clock: ProcessClock;
  readonly #pulse: Pulse;
  readonly #access: Access;
  #memory: Memory = new Map();
  #disturbance: string | undefined;
  #configured: Configured | undefined;
  #given = "";
  #log: Log;
  #recorder: Recorder;
  #policy: Policy | undefined;
  #host: Host | undefined;
  #ready = "";
  #failure = "";
  #ending: Promise<void> | undefined;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
    this.#log = createLog(surroundings.logger, "info");
    this.#recorder = new Recorder(this.#log);
    this.#clock = new ProcessClock((because) => {
      this.#disturbance = because;
    });
    this.#pulse = new Pulse(() => this.#pass(), {
      after(delay, callback) {
        const timer = setTimeout(callback, delay);
        timer.unref();
        return () => clearTimeout(timer);
      },
    });
    this.#access = {
      stateDir: resolve(surroundings.stateDir),
      clock: this.#clock,
      schedules: new ScheduleGap(),
      briefing,
      sessions: surroundings.sessions,
      budgetSince: (at) => budgetSince(this.#policy?.budget ?? { releases: 0, within: millis(0) }, at),
    };
  }

  start(): void {
    this.#clock.start();
    setTimeout(() => this.#pulse.beat("service start"), FIRST_LOOK).unref();
  }

  beat(hint: string): void {
    this.#pulse.beat(hint);
  }

  /** Waits for the pass in hand, but not for long, however often the gateway asks for the end. */
  stop(): Promise<void> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  async #end(): Promise<void> {
    this.#clock.stop();
    try {
      await withDeadline(this.#pulse.stop(), STOP_LIMIT, "the pass in hand");
    } catch {
      // The pass ends by itself; a shutdown does not wait for it.
    }
  }

  warn(sentence: string, because: string): void {
    this.#log.warn(sentence, { because });
  }

  /** One pass, whatever happens in it; answers when to look again. */
  async #pass(): Promise<Millis> {
    try {
      this.#readSettings();
      if (this.#configured?.kind !== "settings" || this.#policy === undefined) return IDLE;
      const { settings } = this.#configured;
      if (!settings.enabled) return IDLE;
      const next = await this.#look(settings.mode === "observe", this.#policy, seconds(settings.scanSeconds));
      this.#failure = "";
      return next;
    } catch (error) {
      const because = error instanceof Error ? error.message : String(error);
      if (because !== this.#failure) this.#log.error("this pass failed, the next one starts afresh", { because });
      this.#failure = because;
      return IDLE;
    }
  }

  async #look(observeOnly: boolean, policy: Policy, scan: Millis): Promise<Millis> {
    const host = await this.#hostFound();
    this.#sayReady(host, observeOnly, scan);
    if (this.#disturbance !== undefined) {
      this.#log.debug("all strikes dropped", { because: this.#disturbance });
      this.#memory = disturbAll(this.#memory, this.#clock.now);
      this.#disturbance = undefined;
    }
    const healer = {
      host: observeOnly ? observing(host, "observe mode") : this.#untilEnding(host),
      policy,
      recorder: this.#recorder,
    };
    const learnt = lessons();
    const pass = await heal(healer, this.#memory, learnt.now);
    learnt.now = pass.lessons;
    this.#memory = pass.memory;
    return this.#untilNext(pass.nextLook, scan);
  }

  /** Once this life is to end, its settings may no longer be those of the gateway: it does no more deeds. */
  #untilEnding(host: Host): Host {
    return {
      description: host.description,
      snapshot: () => host.snapshot(),
      release: async (claim, entry) =>
        this.#ending ? { kind: "withheld", because: "the plugin is being stopped" } : await host.release(claim, entry),
    };
  }

  #untilNext(nextLook: ProcessTime | undefined, scan: Millis): Millis {
    if (nextLook === undefined) return scan;
    return millis(Math.min(scan, Math.max(100, between(this.#clock.now, nextLook))));
  }

  /** An unknown gateway is looked at anew each time: it may have been in the middle of its start. */
  async #hostFound(): Promise<Host> {
    if (this.#host !== undefined) return this.#host;
    const host = bounded(await chooseHost(this.#access, this.#surroundings.splitsItsStore));
    if (host.description.generation !== "unknown") this.#host = host;
    return host;
  }

  #sayReady({ description }: Host, observeOnly: boolean, scan: Millis): void {
    const ready = `${description.generation} ${observeOnly} ${scan}`;
    if (ready === this.#ready) return;
    this.#ready = ready;
    this.#recorder.ready(observeOnly ? "observe" : "heal", description, `${scan / 1000}s`);
  }

  /** Settings are read at every pass: not every gateway restarts the plugin when they change. */
  #readSettings(): void {
    const { environment, logger } = this.#surroundings;
    const given = this.#surroundings.settings();
    const text = JSON.stringify(given) ?? "";
    if (this.#configured !== undefined && text === this.#given) return;
    this.#given = text;
    this.#ready = "";
    this.#configured = configure(given, environment);
    if (this.#configured.kind === "rejected") {
      this.#log.error("switched off, these settings make no sense", { because: this.#configured.because });
      return;
    }
    const { settings, patienceForAll, unknown } = this.#configured;
    this.#policy = policyOf(settings, patienceForAll);
    this.#log = createLog(logger, settings.logLevel as Level);
    this.#recorder = new Recorder(this.#log);
    if (unknown.length > 0) this.#log.warn("these keys are no settings and are ignored", { keys: unknown.join(",") });
    if (!settings.enabled) this.#log.info("switched off by its settings");
  }
}
