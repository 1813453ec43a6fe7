// A fake AI CLI: `cli-model.mjs LOG`, the prompt on standard input. `[[hang]]` and `[[delay:SECONDS]]` as the fake model.
import { appendFileSync } from "node:fs";
import { text } from "node:stream/consumers";

const [log] = process.argv.slice(2);
const note = (what, rest = {}) =>
  appendFileSync(log, `${JSON.stringify({ at: Date.now(), pid: process.pid, what, ...rest })}\n`);
const prompt = await text(process.stdin);
const [, kind, seconds] = /\[\[(hang|delay)(?::([\d.]+))?\]\]/.exec(prompt) ?? [];
note("started", { job: /\[\[job:([^\]]+)\]\]/.exec(prompt)?.[1], prompt: prompt.slice(0, 400) });
const answer = () => {
  note("answered");
  process.stdout.write("cli answer\n", () => process.exit(0));
};
const parent = process.ppid;
// Nobody is left to hear the answer: do not stay behind on the machine.
setInterval(() => process.ppid === parent || process.exit(1), 500).unref();
if (kind === "hang") setInterval(() => {}, 60_000);
else if (kind === "delay") setTimeout(answer, Number(seconds) * 1000);
else answer();
