import { type ChildProcess, spawn } from "node:child_process";
import { reaper } from "../harness/reaper.ts";
import { processStartTime } from "../harness/store.ts";

/** A living process that is no gateway; it dies when told to, or when disposed of. */
export class Stranger implements AsyncDisposable {
  readonly pid: number;
  readonly startTime: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, pid: number) {
    this.#child = child;
    this.pid = pid;
    this.startTime = processStartTime(pid);
  }

  static start(): Stranger {
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 60_000)"], { stdio: "ignore", detached: true });
    if (child.pid === undefined) throw new Error("cannot start a process");
    reaper({ kill: child.pid });
    child.unref();
    return new Stranger(child, child.pid);
  }

  async die(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = new Promise((settle) => this.#child.once("exit", settle));
    this.#child.kill("SIGKILL");
    await gone;
    reaper({ spare: this.pid });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.die();
  }

  /** The pid of a process that has just ended. */
  static async dead(): Promise<number> {
    const stranger = Stranger.start();
    await stranger.die();
    return stranger.pid;
  }
}
