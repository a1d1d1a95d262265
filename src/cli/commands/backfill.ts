import type { Command } from 'commander';
import { BACKFILL_OVERLAPS, type BackfillRequest } from '../../client/backfills.ts';
import type { Client } from '../../client/client.ts';
import { backfillJson } from '../../client/json_views.ts';
import type { Backfill } from '../../core/backfill.ts';
import { BelfryError } from '../../core/errors.ts';
import type { Json } from '../../core/job.ts';
import { formatDuration } from '../../core/time/duration.ts';
import type { Counter } from '../counter.ts';
import { formatInstant, isoOf } from '../instants.ts';
import { readJson, withBy, withOutput, wordOf, zoneOf, type ByWords, type OutputWords } from '../options.ts';
import { readInstant } from '../read_instant.ts';
import { formatTable } from '../table.ts';
import { watchBackfill } from '../watch_backfill.ts';
import { withSession } from '../with_session.ts';

type BackfillWords = ByWords & {
  from?: string;
  to?: string;
  overlap: string;
  rate?: string;
  payload?: string;
  note?: string;
  dryRun?: true;
  watch?: true;
};

/** `belfry backfill SCHEDULE`, and `backfill list` and `backfill cancel` for those under way. */
export function addBackfill(program: Command, counter: Counter): void {
  const backfill = withBy(
    withOutput(
      program
        .command('backfill [schedule]')
        .description('run the fire times of a range that has passed, below live work: of a job, or of any schedule'),
    ),
  )
    .option('--from <instant>', 'first instant of the range, such as 2026-03-01 or 2026-03-01T06:00:00+01:00')
    .option('--to <instant>', 'end of the range, not in it; default now')
    .option('--overlap <policy>', `beside live runs: ${BACKFILL_OVERLAPS.join(', ')}`, 'buffer-all')
    .option('--rate <rate>', 'released at most so fast, such as 10/1m; default 60/1m')
    .option('--payload <json>', 'payload of its runs: JSON, @file, or -; default: the one of the schedule')
    .option('--note <text>', 'why')
    .option('--dry-run', 'count the fire times and begin nothing')
    .option('--watch', 'show how far it is until it is done; 1 where it was cancelled')
    .action((schedule: string | undefined, _: unknown, command: Command) =>
      beginBackfill(schedule, command.opts<BackfillWords>(), counter),
    );
  withOutput(backfill.command('list').description('backfills under way, catch-ups after an outage included')).action(
    (_: unknown, command: Command) => listBackfills(command.optsWithGlobals<OutputWords>(), counter),
  );
  withOutput(
    backfill.command('cancel <backfill>').description('make no more runs of it; those that were made stay'),
  ).action((id: string, _: unknown, command: Command) =>
    cancelBackfill(id, command.optsWithGlobals<OutputWords>(), counter),
  );
}

async function beginBackfill(schedule: string | undefined, words: BackfillWords, counter: Counter): Promise<void> {
  const { desk } = counter;
  const request = await readRequest(schedule, words, counter);
  if (words.dryRun === true) {
    const { count, first, last } = await withSession(counter, ({ client }) => client.backfills.preview(request));
    const zone = zoneOf(words);
    const range = count === 0 ? '' : `, ${formatInstant(first, zone)} to ${formatInstant(last, zone)}`;
    const told = { schedule: request.schedule, count, first: isoOf(first), last: isoOf(last) };
    desk.out(words.json === true ? `${JSON.stringify({ preview: told })}\n` : `${count} fire times${range}\n`);
    return;
  }
  await withSession(counter, async ({ client }) => {
    const { id, count } = await client.backfills.start(request);
    desk.out(
      words.json === true
        ? `${JSON.stringify({ backfill: { id, schedule: request.schedule, count } })}\n`
        : `${id}\n${count} fire times${words.watch === true ? '' : '; see `belfry backfill list`'}\n`,
    );
    if (words.watch === true) await watch({ id, schedule: request.schedule, count }, words, { client, counter });
  });
}

type Begun = { id: string; schedule: string; count: number };

/** One line each time that it has moved, on standard error: standard output holds the answers alone. */
async function watch(
  { id, schedule, count }: Begun,
  words: BackfillWords,
  { client, counter: { desk, exit } }: { client: Client; counter: Counter },
): Promise<void> {
  const zone = zoneOf(words);
  const end = await watchBackfill({
    backfills: client.backfills,
    id,
    onProgress: ({ released, cursor }) =>
      desk.err(`${released} of ${count} released, next ${formatInstant(cursor, zone)}\n`),
    isScheduled: async () => (await client.schedules.get([schedule]))[0] !== undefined,
    stop: desk.untilStopped(),
  });
  if (end !== 'done') exit(1);
  if (end === 'unwatched') desk.err('the backfill goes on: belfry backfill list\n');
  else
    desk.out(words.json === true ? `${JSON.stringify({ backfill: { id, answer: end } })}\n` : `${WATCH_ENDS[end]}\n`);
}

const WATCH_ENDS = {
  done: 'done: all fire times are released',
  cancelled: 'cancelled: no more runs are made of it',
  gone: 'gone: its schedule was deleted',
} as const;

async function readRequest(
  schedule: string | undefined,
  words: BackfillWords,
  { desk }: Counter,
): Promise<BackfillRequest> {
  const { from, to, rate, payload, note, by } = words;
  if (schedule === undefined || from === undefined) {
    const field = schedule === undefined ? 'schedule' : '--from';
    throw new BelfryError('BAD_USAGE', `${field} is not given`, {
      field,
      hint: 'belfry backfill JOB --from 2026-03-01 --to 2026-03-02',
    });
  }
  return {
    schedule,
    from: readInstant(from, '--from'),
    to: to === undefined ? desk.now() : readInstant(to, '--to'),
    overlap: wordOf(words.overlap, '--overlap', BACKFILL_OVERLAPS),
    ...(rate === undefined ? {} : { rate }),
    ...(payload === undefined ? {} : { payload: (await readJson(payload, '--payload', desk)) as Json }),
    ...(note === undefined ? {} : { note }),
    by: by ?? desk.user,
  };
}

async function listBackfills(words: OutputWords, counter: Counter): Promise<void> {
  const { desk } = counter;
  const backfills = await withSession(counter, ({ client }) => client.backfills.list());
  if (words.json === true) {
    desk.out(`${JSON.stringify({ backfills: backfills.map(backfillJson) })}\n`);
    return;
  }
  const rows = backfills.map((backfill) => rowOf(backfill, words));
  const head = ['BACKFILL', 'KIND', 'FROM', 'TO', 'NEXT', 'RELEASED', 'OVERLAP', 'RATE', 'BY'];
  desk.out(rows.length === 0 ? 'no backfill is under way\n' : formatTable(head, rows, desk.paint));
}

function rowOf({ id, cursor, released, spec }: Backfill, words: OutputWords): string[] {
  const zone = zoneOf(words);
  const { kind, from, to, overlap, rate, by = 'belfry' } = spec;
  const [count, periodMs] = rate;
  const times = [from, to, cursor].map((at) => formatInstant(at, zone));
  return [id, kind, ...times, String(released), overlap, `${count}/${formatDuration(periodMs)}`, by];
}

async function cancelBackfill(id: string, words: OutputWords, counter: Counter): Promise<void> {
  await withSession(counter, ({ client }) => client.backfills.cancel(id));
  const told = words.json === true ? JSON.stringify({ backfill: { id, answer: 'cancelled' } }) : `${id} is cancelled`;
  counter.desk.out(`${told}\n`);
}
