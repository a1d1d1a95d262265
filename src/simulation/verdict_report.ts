import type { Found } from './evidence.ts';
import { judgeSchedule, type ExpectedSchedule, type Offence, type SeenRun, type Span } from './judge.ts';
import type { JobReport, SimulationReport } from './report.ts';
import type { World } from './world.ts';

export type Findings = {
  expected: readonly ExpectedSchedule[];
  evidence: ReadonlyMap<string, Found>;
  starts: ReadonlyMap<string, number>;
};

/** What fires once per deployment did so when the jobs were registered, just before the simulation begins. */
const ALWAYS: Span = { from: -Infinity, to: Infinity };

/** Judges every schedule, and sums up. */
export function reportOn(
  world: Pick<World, 'request' | 'tally'>,
  { expected, evidence, starts }: Findings,
): SimulationReport {
  const { from, to, seed, replicas } = world.request;
  const { tally } = world;
  const offences: Offence[] = offencesOf(world);
  let latest: SeenRun | undefined;
  const jobs = expected.map((schedule): JobReport => {
    const { verdicts, runs } = evidence.get(schedule.id) ?? { verdicts: [], runs: [] };
    const span = schedule.fires.kind === 'once' ? ALWAYS : { from, to };
    const judged = judgeSchedule(schedule, { verdicts, runs, starts }, span);
    offences.push(...judged.offences);
    const inside = runs.filter(({ fireTime }) => fireTime >= span.from && fireTime < span.to);
    const slowest = slowestOf(inside);
    if (slowest !== undefined && (latest === undefined || lagOf(slowest) > lagOf(latest))) latest = slowest;
    return {
      job: schedule.job,
      fireTimes: judged.fireTimes,
      runs: inside.length,
      verdicts: Object.fromEntries(judged.verdicts),
      maxLagMs: slowest && lagOf(slowest),
    };
  });
  return {
    from,
    to,
    seed,
    replicas,
    jobs,
    fireTimes: jobs.reduce((sum, { fireTimes }) => sum + fireTimes, 0),
    runs: jobs.reduce((sum, { runs }) => sum + runs, 0),
    maxLag: latest && { run: latest.id, lagMs: lagOf(latest) },
    deaths: tally.deaths,
    failovers: tally.failovers,
    longestWithoutLeaderMs: tally.longestWithoutLeaderMs,
    refusedWrites: tally.refusedWrites,
    offences,
  };
}

function offencesOf({ tally }: Pick<World, 'tally'>): Offence[] {
  const { repaired } = tally;
  return [
    ...tally.acceptedWrites.map((what) => ({
      schedule: '-',
      at: undefined,
      what: `a write of a leader that had been replaced was taken: ${what}`,
    })),
    ...tally.quarantined.map(({ schedule, reason }) => ({ schedule, at: undefined, what: `taken out: ${reason}` })),
    ...(repaired === 0 ? [] : [{ schedule: '-', at: undefined, what: repairsIn(repaired) }]),
  ];
}

const repairsIn = (count: number): string =>
  `${count} schedules had fallen out of the due times, and the sweep put them back`;

const lagOf = ({ startedAt, fireTime }: SeenRun): number => startedAt - fireTime;

function slowestOf(runs: readonly SeenRun[]): SeenRun | undefined {
  let slowest: SeenRun | undefined;
  for (const run of runs) {
    if (run.startedAt > 0 && (slowest === undefined || lagOf(run) > lagOf(slowest))) slowest = run;
  }
  return slowest;
}
