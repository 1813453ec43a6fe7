import { parseArgs } from "node:util";
import { spoken as spokenFuzz } from "./fuzz/fuzz.ts";
import { fuzz } from "./fuzz/search.ts";
import { mutants } from "./model/mutants.ts";
import { type Killed, spoken as spokenModel } from "./model/report.ts";
import { production } from "./model/rule.ts";
import { differentFuture } from "./model/same-future.ts";
import { scenarios } from "./model/scenarios.ts";
import { type Searched, search } from "./model/search.ts";

const HELP = `npm run proof -- [--minutes N] [--seed N]

Everything that can be shown without a gateway: the search of every world with the production rule, the mutants of the
rule, the worlds that are taken for one, and a bounded search of random schedules against the adapters on real stores.

  --minutes N   how long the random schedules are searched (default 1)
  --seed N      which ones (default 20261120: the same each time)
  --help        this text

The last line is "N passed, M failed"; ends with 1 if anything failed.`;

/** A taste for every run, not a proof: larger samples were compared when the model was written. */
const WORLDS = 1500;

interface Check {
  readonly name: string;
  readonly failure: string | undefined;
}

function modelChecks(): readonly Check[] {
  const searched: Searched[] = Object.values(scenarios).map((scenario) => search(scenario, production));
  const killed: Killed[] = mutants.map(({ name, scenario, rule }) => ({
    mutant: name,
    searched: search(scenarios[scenario], rule),
  }));
  console.log(spokenModel({ scenarios: searched, mutants: killed }));
  return [
    ...searched.map(({ scenario, violation }) => ({
      name: `world: ${scenario}`,
      failure: violation && `${violation.fault}: ${violation.schedule.join(" > ")}`,
    })),
    ...killed.map(({ mutant, searched: { violation, states } }) => ({
      name: `mutant: ${mutant}`,
      failure: violation === undefined ? `survived ${states} states` : undefined,
    })),
    ...Object.values(scenarios).map((scenario) => ({
      name: `worlds that are taken for one: ${scenario.name}`,
      failure: differentFuture(scenario, WORLDS),
    })),
  ];
}

async function fuzzCheck(seed: number, minutes: number): Promise<Check> {
  const result = await fuzz(seed, minutes);
  console.log(`\n${spokenFuzz(result)}`);
  return { name: "random schedules on real stores", failure: result.failure?.fault };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      minutes: { type: "string", default: "1" },
      seed: { type: "string", default: "20261120" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return console.log(HELP);
  const checks = [...modelChecks(), await fuzzCheck(Number(values.seed), Number(values.minutes))];
  const failed = checks.filter(({ failure }) => failure !== undefined);
  console.log("");
  for (const { name, failure } of failed) console.log(`FAILED ${name}: ${failure}`);
  console.log(`${checks.length - failed.length} passed, ${failed.length} failed`);
  if (failed.length > 0) process.exitCode = 1;
}

await main();
