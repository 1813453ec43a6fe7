import type { Move, Moves } from "./move.ts";
import type { Scenario } from "./scenario.ts";
import { changeGateway, changeJob, changeRun, isOver, type Run, startOf, type World } from "./world.ts";

/** What the scheduler of a gateway does with its runs. */
export const gatewayMoves: Moves = (world, scenario) => [
  ...world.gateways.flatMap((_, gateway) => starts(world, scenario, gateway)),
  ...world.runs.flatMap((run, index) => progress(world, scenario, run, index)),
];

function starts(world: World, scenario: Scenario, gateway: number): readonly Move[] {
  const here = world.gateways[gateway];
  if (here === undefined || !here.up) return [];
  if (here.scheduler === "not started")
    return [{ name: `scheduler ${gateway}`, next: begun(world, scenario, gateway) }];
  if (here.ticking) {
    const busy = world.runs.some((run) => run.gateway === gateway && !isOver(run));
    return busy ? [] : [{ name: "tick over", next: changeGateway(world, gateway, { ticking: false }) }];
  }
  const due = world.jobs.flatMap(({ mark, disabled }, job) => (mark === undefined && !disabled ? [job] : []));
  if (scenario.batches) {
    if (due.length < 2 || world.left.runs < due.length) return [];
    const marked = due.reduce((so, job) => started(so, job, gateway, "waiting"), world);
    return [{ name: "start batch", next: changeGateway(marked, gateway, { ticking: true }) }];
  }
  if (world.left.runs === 0) return [];
  return due.map((job) => ({ name: `start ${job}`, next: started(world, job, gateway, "starting") }));
}

function started(world: World, job: number, gateway: number, stage: Run["stage"]): World {
  const run = world.runs.length;
  const rival = world.runs.some((each) => each.job === job && !each.detached && !isOver(each));
  const startedAt = startOf(world, run);
  const process = world.gateways[gateway]?.process ?? 0;
  const first: Run = {
    job,
    gateway,
    process,
    stage,
    age: 0,
    life: 0,
    startedAt,
    entries: 0,
    detached: false,
    healed: false,
  };
  const marked = changeJob(world, job, { mark: run, disk: run });
  const left = { ...world.left, runs: world.left.runs - 1 };
  return { ...marked, left, runs: [...world.runs, first], fault: rival ? "two runs of one job at once" : undefined };
}

/** The start of the scheduler: wipes every mark, or recovers those whose owner is gone. */
function begun(world: World, { generation }: Scenario, gateway: number): World {
  let next = changeGateway(world, gateway, { scheduler: "settled" });
  for (const [job, { mark }] of world.jobs.entries()) {
    const run = mark === undefined ? undefined : world.runs[mark];
    if (mark === undefined || run === undefined) continue;
    if (generation === "D" && run.stage !== "dead") continue;
    next = changeJob(next, job, { mark: undefined, disk: undefined });
    if (generation === "D" && run.entries === 0) next = changeRun(next, mark, { entries: 1 });
    if (!isOver(run)) next = changeRun(next, mark, { detached: true });
  }
  return next;
}

function progress(world: World, scenario: Scenario, run: Run, index: number): readonly Move[] {
  const to = (stage: Run["stage"]): Move => ({
    name: `${stage} ${index}`,
    next: changeRun(world, index, { stage, age: 0 }),
  });
  const lost = world.left.losses > 0 ? [loss(world, index)] : [];
  switch (run.stage) {
    case "waiting": {
      const ahead = world.runs.some(
        (each) => each.gateway === run.gateway && !isOver(each) && each.stage !== "waiting",
      );
      return ahead ? [] : [to("starting")];
    }
    case "starting":
      return [to("live"), ...(scenario.blind ? [to("blind")] : []), ...lost];
    case "live":
      return [to("ending"), ...(scenario.blind ? [to("blind")] : []), ...lost];
    case "blind":
      return [to("ending"), ...lost];
    case "ending":
      return [finished(world, run, index), ...lost];
    case "over":
    case "dead":
      return [];
  }
}

/** The result arrives, however late: it clears the mark only if it is still this run's own. */
function finished(world: World, run: Run, index: number): Move {
  const done = changeRun(world, index, { stage: "over", age: 0, entries: 1 });
  const own = world.jobs[run.job]?.mark === index;
  const cleared = own ? changeJob(done, run.job, { mark: undefined, disk: undefined }) : done;
  return {
    name: `finish ${index}`,
    next: run.entries > 0 && !run.detached ? { ...cleared, fault: "two entries for one run" } : cleared,
  };
}

/** The gateway's own fault that we are here for: the run is gone, its mark stays. */
const loss = (world: World, index: number): Move => ({
  name: `lose ${index}`,
  next: {
    ...changeRun(world, index, { stage: "dead", age: 0 }),
    left: { ...world.left, losses: world.left.losses - 1 },
  },
});
