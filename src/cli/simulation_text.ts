import type { Offence } from '../simulation/judge.ts';
import type { SimulationReport } from '../simulation/report.ts';
import { formatInstant, formatLength, isoOf, type ShownZone } from './instants.ts';
import type { Paint } from './paint.ts';
import { formatTable } from './table.ts';

export type Shown = { paint: Paint; zone: ShownZone };

const OFFENCES_SHOWN = 20;

/** A simulation as a table of jobs, what befell the schedulers, and the verdict over it all. */
export function formatSimulation(report: SimulationReport, { paint, zone }: Shown): string {
  const { from, to, replicas, seed } = report;
  const title = `simulated ${formatInstant(from, zone)} to ${formatInstant(to, zone)}, ${replicas} schedulers, seed ${seed}`;
  const rows = report.jobs.map(({ job, fireTimes, runs, maxLagMs, verdicts }) => [
    job,
    String(fireTimes),
    String(runs),
    maxLagMs === undefined ? '-' : formatLength(maxLagMs),
    Object.entries(verdicts)
      .map(([word, count]) => `${count} ${word}`)
      .join(', '),
  ]);
  const table = formatTable(['JOB', 'FIRE TIMES', 'RUNS', 'MOST LAG', 'VERDICTS'], rows, paint);
  return `${title}\n\n${table}\n${formatFaults(report)}${formatOffences(report.offences, { paint, zone })}`;
}

function formatFaults(report: SimulationReport): string {
  const { deaths, failovers, longestWithoutLeaderMs, refusedWrites, fireTimes, runs, maxLag } = report;
  const lag = maxLag === undefined ? '' : `, at most ${formatLength(maxLag.lagMs)} late (${maxLag.run})`;
  const sums = `${fireTimes} fire times, ${runs} runs${lag}\n`;
  if (deaths.length + failovers === 0) return sums;
  const without = failovers === 0 ? '' : `, at most ${formatLength(longestWithoutLeaderMs)} without a leader`;
  return `${sums}${deaths.length} leaders killed, ${failovers} fail-overs${without}, ${refusedWrites} late writes refused\n`;
}

function formatOffences(offences: readonly Offence[], { paint, zone }: Shown): string {
  if (offences.length === 0) return `${paint('green', 'holds')}: nothing lost, nothing twice, nothing early\n`;
  const lines = offences
    .slice(0, OFFENCES_SHOWN)
    .map(({ schedule, at, what }) => `  ${schedule}  ${formatInstant(at, zone)}  ${what}\n`);
  const more = offences.length > OFFENCES_SHOWN ? `  and ${offences.length - OFFENCES_SHOWN} more: see --json\n` : '';
  return `${paint('red', 'does not hold')}: ${offences.length} offences\n${lines.join('')}${more}`;
}

export function simulationJson({ from, to, deaths, offences, maxLag, ...rest }: SimulationReport) {
  return {
    holds: offences.length === 0,
    from: isoOf(from),
    to: isoOf(to),
    ...rest,
    maxLag: maxLag ?? null,
    jobs: rest.jobs.map(({ maxLagMs = null, ...job }) => ({ ...job, maxLagMs })),
    deaths: deaths.map(({ at, ...death }) => ({ at: isoOf(at), ...death })),
    offences: offences.map(({ at, ...offence }) => ({ at: isoOf(at), ...offence })),
  };
}
