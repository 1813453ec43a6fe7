import type { Diary, Fault, Life, Orphan, Trigger } from "./diary.ts";

/** What the driver writes down while it plays. */
export class Notes {
  readonly lives: { -readonly [Key in keyof Life]: Life[Key] }[] = [];
  readonly faults: Fault[] = [];
  readonly triggers: Trigger[] = [];
  readonly orphans: Orphan[] = [];

  get all(): Pick<Diary, "lives" | "faults" | "triggers" | "orphans"> {
    const { lives, faults, triggers, orphans } = this;
    return { lives, faults, triggers, orphans };
  }

  born(pid: number): void {
    this.lives.push({ pid, from: Date.now(), to: Number.MAX_SAFE_INTEGER, end: "lives on" });
  }

  died(end: "killed" | "stopped"): void {
    const life = this.lives.at(-1);
    if (life !== undefined) Object.assign(life, { to: Date.now(), end });
  }

  fault(kind: Fault["kind"], detail: string): void {
    this.faults.push({ at: Date.now(), kind, detail });
  }

  /** A mark is made an orphan once. */
  orphan(job: string, mark: number, how: Orphan["how"], at = Date.now()): void {
    if (this.orphans.some((each) => each.job === job && each.mark === mark)) return;
    this.orphans.push({ job, mark, at, how });
  }
}
