import type { Command } from 'commander';
import type { Batch } from '../../client/batches.ts';
import { batchJson } from '../../client/json_views.ts';
import { plainText } from '../../core/plain_text.ts';
import type { Counter } from '../counter.ts';
import { formatInstant } from '../instants.ts';
import { wholeNumber, withOutput, zoneOf, type OutputWords } from '../options.ts';
import { formatFields, formatTable } from '../table.ts';
import { withSession } from '../with_session.ts';

const MAX_LISTED = 10_000;

/** `belfry batches`: runs that are counted together. */
export function addBatches(program: Command, counter: Counter): void {
  const batches = program.command('batches').description('runs that are counted together, and what follows them');
  withOutput(batches.command('list').description('the newest batches'))
    .option('--limit <n>', 'at most so many', '50')
    .action((words: OutputWords & { limit: string }) => listBatches(words, counter));
  withOutput(batches.command('show <batch>').description('one batch: how far it is, and what follows it')).action(
    (id: string, words: OutputWords) => showBatch(id, words, counter),
  );
  withOutput(
    batches.command('cancel <batch>').description('take its waiting runs away, and stop those that run'),
  ).action((id: string, words: OutputWords) => cancelBatch(id, words, counter));
}

async function listBatches(words: OutputWords & { limit: string }, counter: Counter): Promise<void> {
  const { desk } = counter;
  const limit = wholeNumber(words.limit, '--limit', { from: 1, to: MAX_LISTED });
  const batches = await withSession(counter, ({ client }) => client.batches.list({ limit }));
  if (words.json === true) {
    desk.out(`${JSON.stringify({ batches: batches.map(batchJson) })}\n`);
    return;
  }
  const rows = batches.map((batch) => [
    batch.id,
    batch.state,
    progressOf(batch),
    String(batch.dead + batch.cancelled),
    formatInstant(batch.createdAt, zoneOf(words)),
    plainText(batch.description),
  ]);
  const head = ['BATCH', 'STATE', 'OVER', 'FAILED', 'CREATED', 'DESCRIPTION'];
  desk.out(rows.length === 0 ? 'no batches\n' : formatTable(head, rows, desk.paint));
}

async function showBatch(id: string, words: OutputWords, counter: Counter): Promise<void> {
  const batch = await withSession(counter, ({ client }) => client.batches.get(id));
  tell(batch, words, counter);
}

async function cancelBatch(id: string, words: OutputWords, counter: Counter): Promise<void> {
  const batch = await withSession(counter, ({ client }) => client.batches.cancel(id));
  tell(batch, words, counter);
}

function tell(batch: Batch, words: OutputWords, { desk }: Counter): void {
  if (words.json === true) {
    desk.out(`${JSON.stringify({ batch: batchJson(batch) })}\n`);
    return;
  }
  const zone = zoneOf(words);
  const { callbacks, failed } = batch;
  desk.out(
    formatFields(
      [
        ['batch', batch.id],
        ['description', batch.description === '' ? undefined : plainText(batch.description)],
        ['state', batch.state],
        ['created', formatInstant(batch.createdAt, zone)],
        ['done', batch.doneAt === undefined ? undefined : formatInstant(batch.doneAt, zone)],
        ['runs over', progressOf(batch)],
        ['succeeded', String(batch.succeeded)],
        ['dead', String(batch.dead)],
        ['cancelled', String(batch.cancelled)],
        ['failed runs', failed.length === 0 ? undefined : failed.join('\n')],
        ['on success', callbacks.success],
        ['on failure', callbacks.failed],
        ['on completion', callbacks.complete],
      ],
      desk.paint,
    ),
  );
}

function progressOf({ total, succeeded, dead, cancelled }: Batch): string {
  return `${succeeded + dead + cancelled} of ${total}`;
}
