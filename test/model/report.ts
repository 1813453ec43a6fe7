import { mutants } from "./mutants.ts";
import { production } from "./rule.ts";
import { scenarios } from "./scenarios.ts";
import { type Searched, search } from "./search.ts";

export interface Killed {
  readonly mutant: string;
  readonly searched: Searched;
}

export interface Report {
  readonly scenarios: readonly Searched[];
  readonly mutants: readonly Killed[];
}

/** Everything that the model can tell: the production rule in every scenario, and every mutant in its own. */
export const modelReport = (): Report => ({
  scenarios: Object.values(scenarios).map((scenario) => search(scenario, production)),
  mutants: mutants.map(({ name, scenario, rule }) => ({ mutant: name, searched: search(scenarios[scenario], rule) })),
});

export function spoken({ scenarios, mutants }: Report): string {
  const states = scenarios.reduce((sum, each) => sum + each.states, 0);
  const seconds = [...scenarios, ...mutants.map(({ searched }) => searched)].reduce(
    (sum, each) => sum + each.seconds,
    0,
  );
  const killed = mutants.filter(({ searched }) => searched.violation !== undefined);
  return [
    ...scenarios.map(
      ({ scenario, states, quiet, slowest, seconds, violation }) =>
        `${scenario.padEnd(42)} ${String(states).padStart(8)} states  ${String(quiet).padStart(6)} healed within ${String(slowest).padStart(2)} ticks  ${seconds.toFixed(1)} s  ${violation === undefined ? "safe" : told(violation)}`,
    ),
    "",
    ...mutants.map(
      ({ mutant, searched: { scenario, violation } }) =>
        `${mutant.padEnd(52)} ${violation === undefined ? "SURVIVED" : `killed in ${String(violation.schedule.length).padStart(2)} steps`}  ${scenario}: ${violation?.fault ?? ""}`,
    ),
    "",
    `${states} states searched, ${killed.length} of ${mutants.length} mutants killed, ${seconds.toFixed(1)} s`,
  ].join("\n");
}

const told = ({ fault, schedule }: NonNullable<Searched["violation"]>): string => `${fault}: ${schedule.join(" > ")}`;

if (import.meta.main) {
  const report = modelReport();
  console.log(process.argv.includes("--json") ? JSON.stringify(report, undefined, 2) : spoken(report));
}
