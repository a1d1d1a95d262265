import type { Command } from 'commander';
import type { Outlook } from '../../client/outlook.ts';
import { BelfryError } from '../../core/errors.ts';
import { forecast, type Forecast } from '../../core/forecast/forecast.ts';
import { parseDuration } from '../../core/time/duration.ts';
import type { Counter } from '../counter.ts';
import { formatForecast } from '../forecast_chart.ts';
import { formatCount } from '../forecast_days.ts';
import { collectInputs, type ForecastInputs } from '../forecast_inputs.ts';
import { forecastJson, minutesOver } from '../forecast_json.ts';
import { drawForecast } from '../forecast_svg.ts';
import { wholeNumber, withOutput, zoneOf, type OutputWords } from '../options.ts';
import { readInstant } from '../read_instant.ts';
import { withSession } from '../with_session.ts';
import { writeNamed } from '../written_file.ts';

type ForecastWords = OutputWords & {
  jobs?: string;
  from?: string;
  days: string;
  pool?: string;
  duration: string;
  offline?: true;
  svg?: string;
  budget?: string;
};

const MOST_DAYS = 31;
const MOST_FIRES = 10_000_000;
const MINUTES_PER_DAY = 24 * 60;
const BUSIEST = 5;
const LEFT_SHOWN = 5;

/** `belfry forecast`: how much fires in the coming days, and what that needs. */
export function addForecast(program: Command, counter: Counter): void {
  withOutput(
    program
      .command('forecast')
      .description('fires per minute of the coming days, and the slots that they need of each pool'),
  )
    .option('--jobs <folder>', 'this jobs folder instead of the configured one')
    .option('--from <instant>', 'from here on, such as 2026-03-29T00:00:00Z; default now')
    .option('--days <n>', `so many days, at most ${MOST_DAYS}`, '7')
    .option('--pool <name>', 'only what goes to this pool')
    .option('--duration <duration>', 'how long the runs of a job take that has no history', '1s')
    .option('--offline', 'ask no Redis: only the job files, without schedules of the API and without history')
    .option('--svg <file>', 'draw it into this file as well')
    .option('--budget <n>', 'mark minutes with more fires than this, and exit 1 when there are any')
    .action((words: ForecastWords) => showForecast(words, counter));
}

async function showForecast(words: ForecastWords, counter: Counter): Promise<void> {
  const { desk, file, exit } = counter;
  const zone = zoneOf(words);
  const from = words.from === undefined ? desk.now() : readInstant(words.from, '--from');
  const days = wholeNumber(words.days, '--days', { from: 1, to: MOST_DAYS });
  const durationMs = parseDuration(words.duration, '--duration');
  const budget =
    words.budget === undefined ? undefined : wholeNumber(words.budget, '--budget', { from: 1, to: MOST_FIRES });
  const folder = await desk.readJobs(file(), words.jobs);
  const outlook = words.offline === true ? undefined : await readOutlook(counter);
  const inputs = collectInputs({ folder, outlook, durationMs, pool: words.pool });
  const answer = forecast({ ...inputs, from, minutes: days * MINUTES_PER_DAY, busiest: BUSIEST });
  const over = budget === undefined ? 0 : minutesOver(answer, budget);
  if (over > 0) exit(1);
  if (words.svg !== undefined) {
    await writeNamed(words.svg, drawForecast(answer, { zone, budget }), { desk, flag: '--svg' });
  }
  if (words.json === true) {
    desk.out(`${JSON.stringify(forecastJson(answer, inputs, budget))}\n`);
    return;
  }
  for (const { where, reason } of folder.broken) note(counter, `${where}: ${reason}`);
  for (const { id, reason } of inputs.left.slice(0, LEFT_SHOWN)) note(counter, `${id} is left out: ${reason}`);
  if (inputs.left.length > LEFT_SHOWN) note(counter, `${inputs.left.length - LEFT_SHOWN} more are left out`);
  desk.out(formatForecast(answer, { paint: desk.paint, zone, budget }));
  desk.out(`\n${summary(answer, inputs, days)}`);
  for (const says of inputs.approximations) desk.out(`approximate: ${says}\n`);
  if (budget !== undefined)
    desk.out(`budget ${budget}: ${over === 0 ? 'no minute has' : `${over} minutes have`} more fires\n`);
}

/** What Redis knows; undefined, with a word about it, where it does not answer: the job files alone make a forecast too. */
async function readOutlook(counter: Counter): Promise<Outlook | undefined> {
  try {
    return await withSession(counter, ({ client }) => client.outlook.read());
  } catch (error) {
    if (!(error instanceof BelfryError) || error.code !== 'REDIS_UNAVAILABLE') throw error;
    note(counter, `the job files alone, without schedules of the API and without history: ${error.message}`);
    return undefined;
  }
}

function note({ desk }: Counter, says: string): void {
  desk.err(`${desk.paintErr('yellow', 'note:')} ${says}\n`);
}

function summary({ total }: Forecast, { schedules }: ForecastInputs, days: number): string {
  const fires = `${formatCount(total)} fire${total === 1 ? '' : 's'}`;
  return `${fires} of ${formatCount(schedules)} schedule${schedules === 1 ? '' : 's'} in ${days} day${days === 1 ? '' : 's'}\n`;
}
