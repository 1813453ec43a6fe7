import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { GatewayExited } from "./gateway-exited.ts";
import type { Home } from "./home.ts";
import { consoleLine, fileLine, type LogLine, Tail } from "./log.ts";
import { reaper } from "./reaper.ts";
import { Rpc } from "./rpc.ts";
import { type Patience, until } from "./until.ts";

export interface StartOptions {
  /** Off: the gateway runs, its cron service answers, nothing is scheduled and nothing recovered. */
  readonly scheduler?: "on" | "off";
  /** `cron`: the cron service has recovered what it wants to recover, which is up to 2 s after `ready`. */
  readonly waitFor?: "ready" | "cron";
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds; generous because two cores may be shared. */
  readonly timeout?: number;
}

/** A place in the log: what comes after it is `linesSince(mark)`. */
export type LogMark = number & { readonly logMark: unique symbol };

const running = new Set<number>();
process.once("exit", () => {
  for (const pid of running) killGroup(pid);
});

/** A real gateway in a home. It can be stopped and started again; it never outlives the test process. */
export class Gateway implements AsyncDisposable {
  readonly home: Home;
  readonly #lines: LogLine[] = [];
  #child: ChildProcess | undefined;
  #gone: Promise<void> = Promise.resolve();
  #tail: Tail | undefined;
  #rpc: Rpc | undefined;

  constructor(home: Home) {
    this.home = home;
  }

  get pid(): number {
    if (this.#child?.pid === undefined) throw new Error("the gateway is not running");
    return this.#child.pid;
  }

  get alive(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async start(options: StartOptions = {}): Promise<{ readonly milliseconds: number }> {
    if (this.alive) throw new Error("the gateway runs already");
    const { scheduler = "on", waitFor = "cron", timeout = 90_000 } = options;
    const mark = this.mark();
    const started = performance.now();
    this.#spawn({
      ...this.home.env,
      ...(scheduler === "off" ? { OPENCLAW_SKIP_CRON: "1" } : {}),
      ...options.env,
    });
    try {
      await until("the gateway is ready", () => this.#ready(), { timeout, interval: 50 });
      if (waitFor === "cron") await this.#cron(mark, timeout);
    } catch (error) {
      await this.kill9();
      const last = this.console.slice(-25).map(({ text }) => `  ${text}`);
      throw new Error(`gateway ${this.home.version} did not start; its last lines:\n${last.join("\n")}`, {
        cause: error,
      });
    }
    return { milliseconds: Math.round(performance.now() - started) };
  }

  /** As a crash or the out-of-memory killer would. */
  async kill9(): Promise<void> {
    this.#signal("SIGKILL");
    await this.#stopped();
  }

  /** As systemd would; newer gateways wait up to 315 s for live runs. */
  async sigterm({ timeout = 30_000 }: Patience = {}): Promise<{ readonly milliseconds: number }> {
    const started = performance.now();
    this.#signal("SIGTERM");
    await until("the gateway has stopped", () => !this.alive, { timeout });
    await this.#stopped();
    return { milliseconds: Math.round(performance.now() - started) };
  }

  pause(): void {
    this.#signal("SIGSTOP");
  }

  resume(): void {
    this.#signal("SIGCONT");
  }

  async crashAndRestart(options?: StartOptions): Promise<void> {
    await this.kill9();
    await this.start(options);
  }

  async stopAndRestart(options?: StartOptions): Promise<void> {
    await this.sigterm();
    await this.start(options);
  }

  /** Calls an RPC method with all operator scopes; connects when it has to. */
  async call<T = unknown>(method: string, params: object = {}, patience: Patience = {}): Promise<T> {
    if (!this.#rpc?.open) this.#rpc = await Rpc.connect(this.home);
    return this.#rpc.call<T>(method, params, patience);
  }

  get lines(): readonly LogLine[] {
    this.#readFile();
    return this.#lines;
  }

  get console(): readonly LogLine[] {
    return this.lines.filter(({ source }) => source === "console");
  }

  mark(): LogMark {
    return this.lines.length as LogMark;
  }

  linesSince(mark: LogMark): readonly LogLine[] {
    return this.lines.slice(mark);
  }

  /** The first line since the mark, or ever, whose text matches. */
  waitForLine(
    pattern: RegExp,
    { since = 0 as LogMark, ...patience }: Patience & { since?: LogMark } = {},
  ): Promise<LogLine> {
    const found = (): LogLine | undefined => this.linesSince(since).find(({ text }) => pattern.test(text));
    return until(`the gateway logs ${pattern}`, found, patience);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill9();
  }

  #spawn(env: Readonly<Record<string, string>>): void {
    this.#tail ??= new Tail(logFileOf(this.home), this.home.generation.log === "private" ? "start" : "end");
    const { entry } = this.home.install;
    // A process group of its own: what the gateway has started can be ended with it.
    const child = spawn(process.execPath, [entry, "gateway", "run", "--port", String(this.home.port)], {
      cwd: this.home.folder,
      env: { ...env },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    if (child.pid === undefined) throw new Error(`cannot start ${process.execPath} ${entry}`);
    const { pid } = child;
    reaper({ kill: pid });
    running.add(pid);
    this.#child = child;
    this.#gone = new Promise((gone) => child.once("close", () => gone()));
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => this.#lines.push(consoleLine(line)));
    }
  }

  async #ready(): Promise<boolean> {
    if (!this.alive) throw new GatewayExited(this.#child?.exitCode ?? null, this.#child?.signalCode ?? null);
    const signal = AbortSignal.timeout(2000);
    const answer = await fetch(`http://127.0.0.1:${this.home.port}/readyz`, { signal });
    const reasons = await answer.text();
    if (!answer.ok) throw new Error(`/readyz says ${answer.status} ${reasons}`);
    return true;
  }

  async #cron(since: LogMark, timeout: number): Promise<void> {
    await this.waitForLine(this.home.generation.cronIsUp, { since, timeout, interval: 20 });
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.alive) process.kill(this.pid, signal);
  }

  async #stopped(): Promise<void> {
    this.#rpc?.close();
    this.#rpc = undefined;
    const pid = this.#child?.pid;
    if (pid === undefined) return;
    // Its workers too, as systemd would. At once: an empty group's number may soon be somebody else's.
    killGroup(pid);
    await this.#gone;
    await until(`nobody is left of gateway ${pid}`, () => !groupLives(pid), { interval: 10 });
    running.delete(pid);
    reaper({ spare: pid });
    this.#readFile();
    this.#child = undefined;
  }

  #readFile(): void {
    const { generation, logName } = this.home;
    for (const line of this.#tail?.lines() ?? []) {
      const parsed = fileLine(line, generation.log === "shared" ? logName : undefined);
      if (parsed) this.#lines.push(parsed);
    }
  }
}

/** 2026.4.14 prefers a folder outside the home when it exists; its records are told apart by name. */
function logFileOf(home: Home): string {
  if (home.generation.log === "private") return home.logFile;
  const now = new Date();
  const day = [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((n) => String(n).padStart(2, "0")).join("-");
  const name = `openclaw-${day}.log`;
  const shared = "/tmp/openclaw";
  return existsSync(shared) ? join(shared, name) : join(home.env.TMPDIR ?? "", `openclaw-${process.getuid?.()}`, name);
}

function groupLives(pid: number): boolean {
  try {
    return process.kill(-pid, 0);
  } catch {
    return false;
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Nobody of the group is left.
  }
}
