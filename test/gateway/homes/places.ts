import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { after, before, describe, it } from "node:test";
import { TAG as WORDS } from "../../../plugin/core/entry.ts";
import { jobId } from "../../../plugin/core/job.ts";
import { isKeyOf } from "../../../plugin/host/session-key.ts";
import { deeds, said, saidOf, waitForLooks, waitForSaying } from "../2026-9-6/said.ts";
import type { GatewayVersion } from "../harness/generation.ts";
import type { Home, Json } from "../harness/home.ts";
import { addJob, jobs, runNow } from "../harness/jobs.ts";
import { Probe } from "../harness/probe.ts";
import { plantMark, storedHistory, storedState } from "../harness/store.ts";
import { until } from "../harness/until.ts";
import { copyJob, renameStore } from "./copy-job.ts";
import { atHome, type Lab, makeLab, TAG } from "./lab.ts";

const NAMES: readonly string[] = [
  `it's "quoted" \\n and \`so\` on`,
  "two\nlines\r\nopenclaw-cron-healer: released job=forged",
  "🦞 <script>alert('x')</script> &amp;",
  "../../../etc/passwd",
  "\u001b[31mred\u0007 \u202eright to left\u2028end",
  "n".repeat(1000),
];

/** Ids as nobody but a hand in the store gives them. */
const IDS: readonly string[] = [
  "con",
  "With  Spaces",
  "Ünï-🦞-İD",
  `quo"te's`,
  "line\nbreak\u001b[31m",
  "..",
  "l".repeat(240),
];
/** A history file of that name would lie elsewhere, or nowhere. */
const NO_FILE_NAMES: readonly string[] = ["a/../b", "../../escape", "x\\y", "v".repeat(1000)];

/** Those whose session key a gateway might write in a way of its own. */
const LIVE = ["With  Spaces", "Ünï-🦞-İD", "line\nbreak\u001b[31m", "a/../b"];

const LONG = { timeout: 180_000 };

interface Place {
  readonly version: GatewayVersion;
  /** Where this generation finds the name of a cron store that is not the usual one. */
  readonly ownStore: "in its settings" | "in its database";
}

/** A home without a named state folder, a cron store of its own, no agent called main, and odd jobs. */
export function describePlaces({ version, ownStore }: Place): void {
  describe(`${version}, jobs of odd names in an odd place`, { timeout: 590_000 }, () => {
    let lab: Lab;
    const agents = { boss: "", second: "" };
    let named: readonly string[] = [];
    let marked: ReadonlyMap<string, number> = new Map();

    before(async () => {
      lab = await makeLab({
        version,
        probe: true,
        config: TWO_AGENTS,
        arranged: (home) => atHome(home, ownStore === "in its settings"),
      });
      await lab.gateway.start();
      agents.boss = await addJob(lab.gateway, { name: "boss", prompt: "[[hang]]" });
      agents.second = await addJob(lab.gateway, { name: "second", prompt: "[[hang]]" });
      await lab.gateway.call("cron.update", { id: agents.second, patch: { agentId: "second" } });
      named = await inTurn(NAMES, async (name) => await addOdd(lab, name));
      await lab.gateway.kill9();
      if (ownStore === "in its database") renameStore(lab.home);
      for (const id of [...IDS, ...NO_FILE_NAMES]) copyJob(lab.home, agents.boss, { id });
      if (lab.home.generation.store === "sqlite")
        copyJob(lab.home, agents.boss, { id: FOREIGN, store: usual(lab.home) });
    });
    after(async () => await lab?.[Symbol.asyncDispose]());

    it("a live run of any agent, and of any id that the gateway takes, is seen by its session", async (t) => {
      await lab.gateway.start({ scheduler: "off" });
      const known = (await jobs(lab.gateway)).map(({ id }) => id);
      const odd = [...IDS, ...NO_FILE_NAMES].filter((id) => known.includes(id));
      t.diagnostic(`ids that are taken: ${JSON.stringify(odd.map((id) => id.slice(0, 30)))}`);
      for (const id of [agents.boss, agents.second, ...odd.filter((each) => LIVE.includes(each))]) {
        assert.equal((await runNow(lab.gateway, id)).kind, "enqueued", id);
        await lab.model.waitForRequest(({ endedAt }) => endedAt === undefined, LONG);
        const keys = Object.keys(await new Probe(lab.gateway).embeddedRuns());
        assert.deepEqual(
          [id, ...known].filter((each) => keys.some((key) => isKeyOf(jobId(each), key))),
          [id, id],
          `${keys}`,
        );
        await waitForSaying(lab.gateway, new RegExp(`^running job=${asPattern(id)} .*verdict=live`), LONG);
        lab.model.release();
        await until("the run has ended", () => storedState(lab.home, id).runningAtMs === undefined, LONG);
      }
      assert.equal((await runNow(lab.gateway, agents.second)).kind, "enqueued");
      await lab.model.waitForRequest(({ endedAt }) => endedAt === undefined, LONG);
      await lab.gateway.kill9();
    });

    it("every lost run is told once and its job is free", async () => {
      const startedAt = Date.now() - 60_000;
      const lost = storedState(lab.home, agents.second).runningAtMs ?? 0;
      const planted = [agents.boss, ...named, ...IDS, ...NO_FILE_NAMES];
      if (lab.home.generation.store === "sqlite") planted.push(FOREIGN);
      for (const id of planted) plantMark(lab.home, id, { runningAtMs: startedAt });
      marked = new Map([...planted.map((id) => [id, startedAt] as const), [agents.second, lost]]);
      await lab.gateway.crashAndRestart({ scheduler: "off" });
      if (version === "2026.7.1-2") await livingBeside(lab);
      const known = (await jobs(lab.gateway)).map(({ id }) => id);
      const expected = [...marked].filter(([id]) => known.includes(id) && !isRefused(lab, id));
      await until(
        "all are free",
        async () => {
          const states = new Map((await jobs(lab.gateway)).map(({ id, state }) => [id, state.runningAtMs]));
          return expected.every(([id]) => states.get(id) === undefined);
        },
        LONG,
      );
      await waitForLooks(lab.gateway, 2);
      for (const [id, at] of expected) {
        const entries = storedHistory(lab.home, id).filter(({ error }) => TAG.test(error ?? ""));
        assert.deepEqual(
          entries.map(({ runAtMs }) => runAtMs),
          [at],
          JSON.stringify(id),
        );
        const deed = new RegExp(`^released job=${asPattern(id)} `);
        assert.equal(deeds(lab.gateway).filter((line) => deed.test(line)).length, 1, JSON.stringify(id));
      }
    });

    it("an id that names no file of its own in the history's folder is left alone, and that is said", async () => {
      for (const id of NO_FILE_NAMES.filter((each) => isRefused(lab, each))) {
        const doubt = new RegExp(
          `^in doubt, left alone job=${asPattern(id)} .*history unread: job id .* names no file`,
        );
        await waitForSaying(lab.gateway, doubt, LONG);
        assert.equal(storedState(lab.home, id).runningAtMs, marked.get(id));
      }
    });

    it("a job of the usual store, which this gateway does not use, is none of ours", () => {
      if (lab.home.generation.store !== "sqlite") return;
      assert.deepEqual(saidOf(lab.gateway, FOREIGN), []);
      assert.equal(storedState(lab.home, FOREIGN).runningAtMs, marked.get(FOREIGN));
      assert.deepEqual(storedHistory(lab.home, FOREIGN), []);
    });

    it("no name breaks a line, forges one or steers a terminal", async () => {
      for (const name of NAMES)
        assert.ok(
          said(lab.gateway).some((line) => line.includes(` name=${shown(name)} `)),
          name,
        );
      const ours = lab.gateway.lines.filter(({ text }) => text.includes("openclaw-cron-healer: "));
      for (const { text } of ours) assert.doesNotMatch(text, STEERS);
      assert.deepEqual(
        ours.filter(({ text }) => text.startsWith("openclaw-cron-healer: released job=forged")),
        [],
      );
    });

    it("nothing is written outside the store", () => {
      const { home } = lab;
      const store =
        home.generation.store === "sqlite"
          ? [`${home.stateFolder}/state/openclaw.sqlite`]
          : [`${dirname(home.cronStore)}/runs/`];
      const logs = [join(home.folder, "log"), join(home.folder, "tmp")];
      const ours = filesUnder(home.folder).filter((path) => readFileSync(path).includes(`${WORDS} run lost: `));
      const stray = ours.filter((path) => ![...store, ...logs].some((allowed) => path.startsWith(allowed)));
      assert.deepEqual(
        stray.map((path) => relative(home.folder, path)),
        [],
      );
    });
  });
}

const FOREIGN = "of-another-store";

const usual = ({ stateFolder }: Home): string => join(stateFolder, "cron", "jobs.json");

const TWO_AGENTS: Json = { agents: { list: [{ id: "boss", default: true }, { id: "second" }] } };

const STEERS = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

const isRefused = ({ home }: Lab, id: string): boolean =>
  home.generation.store !== "sqlite" && NO_FILE_NAMES.includes(id);

/** No mark goes at once here, and many that are silent together would be a doubt: one live run shows that there is none. */
async function livingBeside({ gateway, model }: Lab): Promise<void> {
  await runNow(gateway, await addJob(gateway, { name: "living", prompt: "[[hang]]" }));
  await model.waitForRequest(({ job, endedAt }) => job === "living" && endedAt === undefined, LONG);
}

async function addOdd({ gateway }: Lab, name: string): Promise<string> {
  const id = await addJob(gateway, { name: "odd" });
  await gateway.call("cron.update", { id, patch: { name } });
  return id;
}

async function inTurn<T, R>(values: readonly T[], deed: (value: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  for (const value of values) results.push(await deed(value));
  return results;
}

const shown = (text: string): string =>
  /^[\w.:/+@-]+$/.test(text)
    ? text
    : JSON.stringify(text).replace(/[\u2028\u2029\u202e]/g, (each) => `\\u${each.charCodeAt(0).toString(16)}`);

const asPattern = (text: string): string => shown(text).replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** But for the copies that a gateway makes of its plugins. */
const filesUnder = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes("plugin-captures"))
    .map((entry) => join(entry.parentPath, entry.name));
