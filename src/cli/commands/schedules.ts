import type { Command } from 'commander';
import { MOST_LISTED, type SchedulePage } from '../../client/list_schedules.ts';
import { scheduleJson } from '../../client/json_views.ts';
import { SCHEDULE_STATES } from '../../client/schedule_view.ts';
import { BelfryError } from '../../core/errors.ts';
import { wholeNumber, withOutput, wordOf, zoneOf, type OutputWords } from '../options.ts';
import type { Counter } from '../counter.ts';
import { describeSchedule, formatScheduleTable } from '../schedule_table.ts';
import { withSession } from '../with_session.ts';
import { filterOf, withFilter, type FilterWords } from './schedule_filter.ts';
import { addScheduleControls } from './schedule_controls.ts';
import { addJobsRun } from './jobs_run.ts';
import { addScheduleSave } from './schedule_save.ts';

type ListWords = OutputWords & FilterWords & { state?: string; limit: string; cursor?: string };

export function addSchedules(program: Command, counter: Counter): void {
  const schedules = program.command('schedules').description('what fires jobs: job files, and what the API keeps');
  withFilter(withOutput(schedules.command('list').description('schedules, in no order')))
    .option('--state <state>', `in this state only: ${SCHEDULE_STATES.join(', ')}`)
    .option('--limit <n>', 'at most so many', '50')
    .option('--cursor <cursor>', 'go on where the answer before ended')
    .action((words: ListWords) => listSchedules(words, counter));
  withOutput(schedules.command('show <schedule>').description('one schedule with its rule, in words too')).action(
    (id: string, words: OutputWords) => showSchedule(id, words, counter),
  );
  addScheduleSave(schedules, counter);
  addScheduleControls(schedules, counter);
  addJobsRun(schedules, counter);
}

async function listSchedules(words: ListWords, counter: Counter): Promise<void> {
  const { desk } = counter;
  const limit = wholeNumber(words.limit, '--limit', { from: 1, to: MOST_LISTED });
  const page = await withSession(counter, async ({ client }) => {
    // An unknown job has no schedules, but whoever mistyped its name wants to know.
    if (words.job !== undefined) await client.jobs.get(words.job);
    const found: SchedulePage = { schedules: [], cursor: words.cursor };
    do {
      const next = await client.schedules.list({
        ...filterOf(words),
        ...(words.state === undefined ? {} : { state: wordOf(words.state, '--state', SCHEDULE_STATES) }),
        ...(found.cursor === undefined ? {} : { cursor: found.cursor }),
        limit: limit - found.schedules.length,
      });
      found.schedules.push(...next.schedules);
      found.cursor = next.cursor;
    } while (found.cursor !== undefined && found.schedules.length < limit);
    return found;
  });
  const { schedules, cursor } = page;
  if (words.json === true) {
    desk.out(`${JSON.stringify({ schedules: schedules.map(scheduleJson), cursor: cursor ?? null })}\n`);
    return;
  }
  const style = { paint: desk.paint, zone: zoneOf(words), now: desk.now() };
  desk.out(schedules.length === 0 ? 'no schedules\n' : formatScheduleTable(schedules, style));
  if (cursor !== undefined) desk.err(`${desk.paintErr('yellow', 'note:')} there are more: --cursor '${cursor}'\n`);
}

async function showSchedule(id: string, words: OutputWords, counter: Counter): Promise<void> {
  const { desk } = counter;
  const [view] = await withSession(counter, ({ client }) => client.schedules.get([id]));
  if (view === undefined) {
    throw new BelfryError('NOT_FOUND', `no schedule ${JSON.stringify(id)}`, {
      field: 'schedule',
      hint: 'see `belfry schedules list`',
    });
  }
  const style = { paint: desk.paint, zone: zoneOf(words), now: desk.now() };
  desk.out(
    words.json === true ? `${JSON.stringify({ schedule: scheduleJson(view) })}\n` : describeSchedule(view, style),
  );
}
