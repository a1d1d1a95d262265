import type { Command } from 'commander';
import { CAPACITY_DEFAULTS as DEFAULTS } from '../../core/capacity/request.ts';
import { sizing } from '../../core/capacity/sizing.ts';
import { BelfryError } from '../../core/errors.ts';
import { formatDuration } from '../../core/time/duration.ts';
import { readCapacity, type CapacityWords } from '../capacity_request.ts';
import { capacityJson, formatCapacity, formatValues } from '../capacity_text.ts';
import type { Counter } from '../counter.ts';
import { writeNamed } from '../written_file.ts';

type Words = CapacityWords & { json?: true; values?: string };

/** `belfry capacity`: how large a system must be for a load, from measured costs. Asks no Redis. */
export function addCapacity(program: Command, counter: Counter): void {
  program
    .command('capacity')
    .description(
      'how many Redis masters, schedulers, workers and bytes a load needs, by measured costs; and Helm values',
    )
    .requiredOption('--runs-per-day <n>', 'so many runs; k, M and G for short: 1G is 1,000,000,000')
    .option('--schedules <n>', 'so many schedules, which fire these runs', String(DEFAULTS.schedules))
    .option('--peak <n>', 'the busiest minute by the mean of the day', String(DEFAULTS.peakFactor))
    .option('--duration <duration>', 'mean length of a run', formatDuration(DEFAULTS.durationMs))
    .option('--payload <size>', 'of a run and a schedule, as JSON', `${String(DEFAULTS.payloadBytes)}B`)
    .option('--limited', 'runs have limits')
    .option('--jobs <n>', 'so many jobs, among which the runs are spread', String(DEFAULTS.jobs))
    .option('--history-age <duration>', 'ended runs are kept so long', formatDuration(DEFAULTS.historyAgeMs))
    .option('--history-count <n>', 'and at most so many for each job', String(DEFAULTS.historyCount))
    .option('--backlog <duration>', 'runs may pile up so long at the peak', formatDuration(DEFAULTS.backlogMs))
    .option('--slots <n>', 'the most slots of a worker', String(DEFAULTS.slotsPerWorker))
    .option('--headroom <percent>', 'so much of a core may be used at the peak', String(DEFAULTS.headroom * 100))
    .option('--wait <duration>', 'so long a call may wait for Redis at the peak', formatDuration(DEFAULTS.waitMs))
    .option('--values <file>', 'write the Helm values into this file; - for these alone on standard output')
    .option('--json', 'answer JSON')
    .action((words: Words) => showCapacity(words, counter));
}

async function showCapacity(words: Words, { desk }: Counter): Promise<void> {
  const request = readCapacity(words);
  if (words.json === true && words.values === '-') {
    throw new BelfryError('BAD_USAGE', '--json and --values - both want standard output', {
      field: '--values',
      hint: 'name a file, or take the values out of the JSON: jq .values',
    });
  }
  const answer = sizing(request);
  if (words.values === '-') {
    desk.out(formatValues(request, answer));
    return;
  }
  if (words.values !== undefined) {
    await writeNamed(words.values, formatValues(request, answer), { desk, flag: '--values' });
  }
  desk.out(
    words.json === true
      ? `${JSON.stringify(capacityJson(request, answer))}\n`
      : formatCapacity(request, answer, desk.paint),
  );
}
