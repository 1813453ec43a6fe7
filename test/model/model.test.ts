import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { mutants } from "./mutants.ts";
import { type Killed, spoken } from "./report.ts";
import { production } from "./rule.ts";
import { differentFuture } from "./same-future.ts";
import { scenarios } from "./scenarios.ts";
import { type Searched, search } from "./search.ts";

const searched: Searched[] = [];
const killed: Killed[] = [];

describe("a live run is never released, every orphan is, and each run has one entry at most", () => {
  for (const scenario of Object.values(scenarios)) {
    it(scenario.name, () => {
      const result = search(scenario, production);
      searched.push(result);
      const { violation } = result;
      assert.equal(violation, undefined, `${violation?.fault}: ${violation?.schedule.join(" > ")}`);
    });
  }
});

describe("the search finds out", () => {
  for (const { name, scenario, rule } of mutants) {
    it(name, () => {
      const result = search(scenarios[scenario], rule);
      killed.push({ mutant: name, searched: result });
      assert.ok(result.violation, `survived ${result.states} states of "${result.scenario}"`);
    });
  }
});

describe("worlds that the search takes for one have the same future", () => {
  for (const scenario of Object.values(scenarios)) {
    it(scenario.name, () => {
      assert.equal(differentFuture(scenario, WORLDS), undefined);
    });
  }
});

/** A taste for every test run, not a proof: larger samples were compared when the model was written. */
const WORLDS = 1500;

after(() => console.log(spoken({ scenarios: searched, mutants: killed })));
