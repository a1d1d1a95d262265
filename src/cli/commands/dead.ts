import type { Command } from 'commander';
import { MOST_LETTERS, type LetterFilter, type LetterPage } from '../../client/dead_letters.ts';
import { letterJson } from '../../client/json_views.ts';
import type { RunSelection } from '../../client/bulk_filter.ts';
import type { Counter } from '../counter.ts';
import { wholeNumber, withBy, withOutput, zoneOf, type ByWords, type OutputWords } from '../options.ts';
import { describeRun, formatRunTable } from '../run_table.ts';
import { withSession } from '../with_session.ts';
import { tellBegun } from './bulk.ts';
import {
  assertYes,
  selectionOf,
  wayOf,
  withSelection,
  withWay,
  type SelectionWords,
  type WayWords,
} from './selection.ts';

type FilterWords = Pick<SelectionWords, 'queue' | 'job' | 'error' | 'since' | 'olderThan'>;
type ListWords = OutputWords & FilterWords & { limit: string; cursor?: string };
type ManyWords = ByWords & SelectionWords & WayWords & { yes?: true };

/** `belfry dead list | show | redrive | export | delete`. */
export function addDead(program: Command, counter: Counter): void {
  const dead = program.command('dead').description('dead letters: runs that are out of attempts');
  withFilter(withOutput(dead.command('list').description('dead letters, the newest first')))
    .option('--limit <n>', 'at most so many', '50')
    .option('--cursor <cursor>', 'go on where the answer before ended')
    .action((words: ListWords) => listDead(words, counter));
  withOutput(dead.command('show <run>').description('one dead letter, with its payload and its error')).action(
    (id: string, words: OutputWords) => showDead(id, words, counter),
  );
  withFilter(dead.command('export').description('dead letters as lines of JSON')).action((words: FilterWords) =>
    exportDead(words, counter),
  );
  withSelection(withWay(withBy(withOutput(dead.command('redrive [runs...]')))))
    .description('make a new run of each: of these, or of all that fit; at 100/1s unless --rate says another')
    .action((ids: string[], words: ManyWords) => beginMany('redrive', ids, words, counter));
  withSelection(withWay(withBy(withOutput(dead.command('delete [runs...]')))))
    .description('forget these, or all that fit')
    .option('--yes', 'this is meant')
    .action((ids: string[], words: ManyWords) => deleteDead(ids, words, counter));
}

function withFilter(command: Command): Command {
  return command
    .option('--queue <queue>', 'of this queue only')
    .option('--job <job>', 'of this job only')
    .option('--error <text>', 'with this text in the error only')
    .option('--since <duration>', 'died within this long, such as 24h')
    .option('--older-than <duration>', 'died at least so long ago');
}

function filterOf(words: FilterWords, { desk }: Counter): LetterFilter {
  const { queue, job, error, since, until } = selectionOf(words, desk.now());
  return {
    ...(queue === undefined ? {} : { queue }),
    ...(job === undefined ? {} : { job }),
    ...(error === undefined ? {} : { error }),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
  };
}

async function listDead(words: ListWords, counter: Counter): Promise<void> {
  const { desk } = counter;
  const limit = wholeNumber(words.limit, '--limit', { from: 1, to: MOST_LETTERS });
  const filter = filterOf(words, counter);
  const page = await withSession(counter, async ({ client }) => {
    const found: LetterPage = { letters: [], cursor: words.cursor };
    do {
      const cursor = found.cursor === undefined ? {} : { cursor: found.cursor };
      const next = await client.deadLetters.list({ ...filter, ...cursor, limit: limit - found.letters.length });
      found.letters.push(...next.letters);
      found.cursor = next.cursor;
    } while (found.cursor !== undefined && found.letters.length < limit);
    return found;
  });
  const { letters, cursor } = page;
  if (words.json === true) {
    desk.out(`${JSON.stringify({ deadLetters: letters.map(letterJson), cursor: cursor ?? null })}\n`);
    return;
  }
  const views = letters.map((letter) => ({ kind: 'finished' as const, ...letter }));
  const style = { paint: desk.paint, zone: zoneOf(words), now: desk.now() };
  desk.out(views.length === 0 ? 'no dead letters\n' : formatRunTable(views, style));
  if (cursor !== undefined) desk.err(`${desk.paintErr('yellow', 'note:')} there are more: --cursor '${cursor}'\n`);
}

async function showDead(id: string, words: OutputWords, counter: Counter): Promise<void> {
  const { desk } = counter;
  const letter = await withSession(counter, ({ client }) => client.deadLetters.get(id));
  desk.out(
    words.json === true
      ? `${JSON.stringify({ deadLetter: letterJson(letter) })}\n`
      : describeRun({ kind: 'finished', ...letter }, zoneOf(words), desk.paint),
  );
}

async function exportDead(words: FilterWords, counter: Counter): Promise<void> {
  const filter = filterOf(words, counter);
  await withSession(counter, async ({ client }) => {
    for await (const line of client.deadLetters.export(filter)) counter.desk.out(line);
  });
}

async function deleteDead(ids: string[], words: ManyWords, counter: Counter): Promise<void> {
  assertYes(
    words.yes,
    `${ids.length > 0 ? `${ids.length} dead letters` : 'every dead letter that fits'} would be deleted`,
  );
  await beginMany('delete', ids, words, counter);
}

/** Of the ids that are named, those that are no dead letters are told and the others acted on. */
async function beginMany(act: 'redrive' | 'delete', ids: string[], words: ManyWords, counter: Counter): Promise<void> {
  const { desk, exit } = counter;
  const fits = selectionOf(words, desk.now());
  const selection: RunSelection = ids.length === 0 ? fits : { ...fits, ids };
  const way = { by: words.by ?? desk.user, ...wayOf(words) };
  const { id, missing } = await withSession(counter, async ({ client: { deadLetters } }) => ({
    missing: await deadLetters.missing(ids),
    id: await deadLetters[act](selection, way),
  }));
  if (missing.length > 0) exit(3);
  for (const one of missing) desk.err(`${desk.paintErr('red', one)}: there is no such dead letter\n`);
  tellBegun(id, words, counter);
}
