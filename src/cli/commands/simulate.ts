import type { Command } from 'commander';
import { BelfryError } from '../../core/errors.ts';
import type { Counter } from '../counter.ts';
import { withOutput, zoneOf, type OutputWords } from '../options.ts';
import { readSimulation, type SimulationWords } from '../simulation_request.ts';
import { formatSimulation, simulationJson } from '../simulation_text.ts';

type SimulateWords = OutputWords & SimulationWords & { jobs?: string };

/** `belfry simulate`: whether the schedules of a jobs folder survive what befalls them. */
export function addSimulate(program: Command, counter: Counter): void {
  withOutput(
    program
      .command('simulate')
      .description(
        'run the real scheduler over your jobs on a virtual clock, with faults; exit 1 if anything is lost or twice',
      ),
  )
    .option('--jobs <folder>', 'this jobs folder instead of the configured one')
    .option('--from <instant>', 'begin here, such as 2026-03-29T00:00:00Z; default now')
    .option('--to <instant>', 'end here, or so long after the beginning: 7d; default 1d')
    .option(
      '--kill-leader <instant>',
      'kill the leader in the middle of its work; may be given several times',
      collect,
      [],
    )
    .option(
      '--pause-redis <instant+length>',
      'Redis stands still then, for so long: 2026-03-29T01:00:00Z+30s',
      collect,
      [],
    )
    .option('--skew <duration>', 'wall clocks of the schedulers are wrong by up to this, both ways', '0s')
    .option('--replicas <n>', 'so many schedulers', '3')
    .option('--ttl <duration>', 'time to live of the leader lease', '5s')
    .option('--workers <n>', 'so many runs at a time', '100')
    .option('--duration <duration>', 'how long a run takes, or between which two lengths: 1s..10s', '2s')
    .option('--seed <n>', 'the same seed gives the same deaths, delays and durations', '1')
    .action((words: SimulateWords) => showSimulation(words, counter));
}

const collect = (instant: string, instants: string[]): string[] => [...instants, instant];

async function showSimulation(words: SimulateWords, { desk, file, exit }: Counter): Promise<void> {
  const request = readSimulation(words, desk.now());
  const { jobs: all, calendars, broken, folder } = await desk.readJobs(file(), words.jobs);
  const jobs = all.filter(({ schedule }) => schedule !== undefined);
  for (const { where, reason } of broken) desk.err(`${desk.paintErr('yellow', 'note:')} ${where}: ${reason}\n`);
  if (jobs.length === 0) {
    throw new BelfryError('NOT_FOUND', `no job of ${folder} has a schedule`, {
      field: '--jobs',
      hint: 'name the folder of your job files with --jobs',
    });
  }
  const report = await desk.simulate({ ...request, jobs, calendars });
  if (report.offences.length > 0) exit(1);
  desk.out(
    words.json === true
      ? `${JSON.stringify(simulationJson(report))}\n`
      : formatSimulation(report, { paint: desk.paint, zone: zoneOf(words) }),
  );
}
