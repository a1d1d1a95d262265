import type { Command } from 'commander';
import { BULK_ACTIONS } from '../../client/bulk.ts';
import type { BulkView } from '../../client/bulk_view.ts';
import { bulkJson } from '../../client/json_views.ts';
import { plainText } from '../../core/plain_text.ts';
import type { Counter } from '../counter.ts';
import { formatInstant } from '../instants.ts';
import { withBy, withOutput, wordOf, zoneOf, type ByWords, type OutputWords } from '../options.ts';
import { formatFields, formatTable } from '../table.ts';
import { withSession } from '../with_session.ts';
import {
  assertYes,
  selectionOf,
  wayOf,
  withSelection,
  withState,
  withWay,
  type SelectionWords,
  type WayWords,
} from './selection.ts';

type StartWords = ByWords & SelectionWords & WayWords & { to?: string; yes?: true };

/** `belfry bulk start | show | list | cancel`. */
export function addBulk(program: Command, counter: Counter): void {
  const bulk = program.command('bulk').description('operations over many runs, carried on in the background');
  withState(withSelection(withWay(withBy(withOutput(bulk.command('start <action>'))))))
    .description(`${BULK_ACTIONS.join(', ')} every run that fits`)
    .option('--to <queue>', 'the queue to move to')
    .option('--yes', 'a deletion is meant')
    .action((action: string, words: StartWords) => startBulk(action, words, counter));
  withOutput(bulk.command('show <bulk>').description('how far one has come')).action((id: string, words: OutputWords) =>
    showBulk(id, words, counter),
  );
  withOutput(bulk.command('list').description('those under way, and the newest that have ended')).action(
    (words: OutputWords) => listBulk(words, counter),
  );
  withOutput(bulk.command('cancel <bulk>').description('go no further; what is done stays done')).action(
    (id: string, words: OutputWords) => cancelBulk(id, words, counter),
  );
}

async function startBulk(word: string, words: StartWords, counter: Counter): Promise<void> {
  const { desk } = counter;
  const action = wordOf(word, 'the action', BULK_ACTIONS);
  if (action === 'delete') assertYes(words.yes, 'every run that fits is deleted');
  const { to } = words;
  const request = {
    action,
    filter: selectionOf(words, desk.now()),
    ...(to === undefined ? {} : { to }),
    by: words.by ?? desk.user,
    ...wayOf(words),
  };
  tellBegun(await withSession(counter, ({ client }) => client.bulk.start(request)), words, counter);
}

/** Says the id of an operation that was begun. */
export function tellBegun(id: string, { json }: OutputWords, { desk }: Counter): void {
  desk.out(
    json === true
      ? `${JSON.stringify({ bulk: { id } })}\n`
      : `${id}\nit goes on in the background: belfry bulk show ${id}\n`,
  );
}

async function showBulk(id: string, words: OutputWords, counter: Counter): Promise<void> {
  const view = await withSession(counter, ({ client }) => client.bulk.get(id));
  tellView(view, words, counter);
}

async function cancelBulk(id: string, words: OutputWords, counter: Counter): Promise<void> {
  const view = await withSession(counter, ({ client }) => client.bulk.cancel(id));
  tellView(view, words, counter);
}

async function listBulk(words: OutputWords, counter: Counter): Promise<void> {
  const { desk } = counter;
  const views = await withSession(counter, ({ client }) => client.bulk.list());
  if (words.json === true) {
    desk.out(`${JSON.stringify({ bulk: views.map(bulkJson) })}\n`);
    return;
  }
  const rows = views.map((view) => {
    const { id, action, state, done, failed, by, startedAt } = view;
    const since = formatInstant(startedAt, zoneOf(words));
    return [id, action, state, percent(view), String(done), String(failed), since, plainText(by), filterText(view)];
  });
  const head = ['BULK', 'ACTION', 'STATE', 'PROGRESS', 'DONE', 'FAILED', 'STARTED', 'BY', 'RUNS'];
  desk.out(rows.length === 0 ? 'no bulk operation\n' : formatTable(head, rows, desk.paint));
}

function tellView(view: BulkView, words: OutputWords, { desk }: Counter): void {
  if (words.json === true) {
    desk.out(`${JSON.stringify({ bulk: bulkJson(view) })}\n`);
    return;
  }
  const { id, action, state, seen, done, failed, by, note, startedAt, updatedAt, paceMs } = view;
  const zone = zoneOf(words);
  const fields: [string, string | undefined][] = [
    ['bulk', id],
    ['action', action],
    ['runs', filterText(view)],
    ['state', `${state}, ${percent(view)}`],
    ['looked at', String(seen)],
    ['done', String(done)],
    ['failed', failed === 0 ? undefined : `${failed}, taken by somebody else meanwhile`],
    ['rate', paceMs === 0 ? undefined : `${Math.round((1_000 / paceMs) * 100) / 100} a second`],
    ['started', `${formatInstant(startedAt, zone)} by ${plainText(by)}`],
    ['updated', formatInstant(updatedAt, zone)],
    ['note', note === undefined ? undefined : plainText(note)],
  ];
  desk.out(formatFields(fields, desk.paint));
}

function percent({ progress }: BulkView): string {
  return `${Math.floor(progress * 100)} %`;
}

function filterText({ filter, to }: BulkView): string {
  const { states, ids, since, until, ...words } = filter;
  const parts = [
    states.join('|'),
    ...Object.entries(words).map(([name, value]) => `${name} ${plainText(value)}`),
    ids !== undefined && `${ids.length} by id`,
    since !== undefined && `since ${formatInstant(since, 'utc')}`,
    until !== undefined && `before ${formatInstant(until, 'utc')}`,
    to !== undefined && `to ${to}`,
  ];
  return parts.filter((part) => part !== false).join(', ');
}
