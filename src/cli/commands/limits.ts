import type { Command } from 'commander';
import { limitJson, limitPageJson } from '../../client/limit_json.ts';
import type { LimitView } from '../../client/limit_view.ts';
import type { LimitWish } from '../../client/limits.ts';
import { describeAmounts } from '../../core/limit_words.ts';
import type { Counter } from '../counter.ts';
import { formatInstant, type ShownZone } from '../instants.ts';
import { wholeNumber, withOutput, zoneOf, type OutputWords } from '../options.ts';
import type { Paint } from '../paint.ts';
import { formatFields, formatTable } from '../table.ts';
import { withSession } from '../with_session.ts';
import type { Client } from '../../client/client.ts';

type ListWords = OutputWords & { prefix?: string; limit?: string };
type SetWords = OutputWords & { rate?: string; burst?: string; concurrency?: string; weight?: string };

const MOST = 1_000;
const MOST_SLOTS = 1_000_000;
const WHO = { operator: 'an operator', 'job-file': 'job files', nobody: 'nobody' } as const;

/** `belfry limits`: how much the runs of a key may have, and how that stands. */
export function addLimits(program: Command, counter: Counter): void {
  const limits = program
    .command('limits')
    .description('limits of keys: job:NAME, queue:NAME, or partner:x of a job file');
  withOutput(limits.command('list').description('templates of job files, and keys that are limited, held or running'))
    .option('--prefix <text>', 'only keys that begin so')
    .option('--limit <n>', `at most so many keys, up to ${MOST}`, '100')
    .action((words: ListWords) => listLimits(words, counter));
  const one = (name: string, does: string): Command => withOutput(limits.command(name).description(does));
  one('show <key>', 'one key: its limit, who has set it, what runs, waits and is held').action(
    (key: string, words: OutputWords) => answer(words, counter, ({ client }) => client.limits.get(key)),
  );
  one('set <key>', 'give the key a limit of its own at once; what is left out stays as the job files have it')
    .option('--rate <n/period>', 'starts in a period, such as 50/1m')
    .option('--burst <n>', 'starts that may come at once out of the rate')
    .option('--concurrency <n>', 'runs at once')
    .option('--weight <n>', 'turns that are so many times as long')
    .action((key: string, words: SetWords) =>
      answer(words, counter, ({ client }) => client.limits.set(key, readWish(words))),
    );
  one('unset <key>', 'back to what the job files say').action((key: string, words: OutputWords) =>
    answer(words, counter, ({ client }) => client.limits.set(key, undefined)),
  );
  one('reset <key>', 'forget what the key has spent of its rate, and a hold').action(
    (key: string, words: OutputWords) => answer(words, counter, ({ client }) => client.limits.reset(key)),
  );
  one('hold <key> <duration>', 'start nothing of the key for so long, such as 30s; what runs goes on').action(
    (key: string, duration: string, words: OutputWords) =>
      answer(words, counter, ({ client }) => client.limits.hold(key, duration)),
  );
}

function readWish({ rate, burst, concurrency, weight }: SetWords): LimitWish {
  const number = (text: string | undefined, flag: string): number | undefined =>
    text === undefined ? undefined : wholeNumber(text, flag, { from: 1, to: MOST_SLOTS });
  const [bursts, slots, turns] = [
    number(burst, '--burst'),
    number(concurrency, '--concurrency'),
    number(weight, '--weight'),
  ];
  return {
    ...(rate !== undefined && { rate }),
    ...(bursts !== undefined && { burst: bursts }),
    ...(slots !== undefined && { concurrency: slots }),
    ...(turns !== undefined && { weight: turns }),
  };
}

async function answer(
  words: OutputWords,
  counter: Counter,
  ask: (session: { client: Client }) => Promise<LimitView>,
): Promise<void> {
  const { desk } = counter;
  const view = await withSession(counter, ask);
  desk.out(
    words.json === true
      ? `${JSON.stringify({ limit: limitJson(view) })}\n`
      : formatFields(fieldsOf(view, zoneOf(words)), desk.paint),
  );
}

function fieldsOf(view: LimitView, zone: ShownZone): [string, string | undefined][] {
  const { key, by, template, jobs, limit, running, nextStart, heldUntil, turn, waiting } = view;
  return [
    ['key', key],
    ['limit', describeAmounts(limit)],
    ['set by', WHO[by]],
    ['template', template],
    ['jobs', jobs.join(', ') || undefined],
    ['running', running === undefined ? undefined : `${running} of ${limit.concurrency ?? running}`],
    ['waiting', `${waiting.runs} runs in ${waiting.lanes} lanes`],
    ['turn of', turn],
    ['held until', heldUntil === undefined ? undefined : formatInstant(heldUntil, zone)],
    ['next start', nextStart === undefined ? 'at once' : formatInstant(nextStart, zone)],
  ];
}

async function listLimits({ prefix, limit, ...words }: ListWords, counter: Counter): Promise<void> {
  const { desk } = counter;
  const most = wholeNumber(limit ?? '100', '--limit', { from: 1, to: MOST });
  const page = await withSession(counter, ({ client }) =>
    client.limits.list({ limit: most, ...(prefix !== undefined && { prefix }) }),
  );
  if (words.json === true) {
    desk.out(`${JSON.stringify(limitPageJson(page))}\n`);
    return;
  }
  const templates = page.templates.map((one) => [one.template, describeAmounts(one.limit), one.jobs.join(', ')]);
  desk.out(formatTable(['TEMPLATE', 'EACH KEY', 'JOBS'], templates, desk.paint));
  if (templates.length > 0 && page.keys.length > 0) desk.out('\n');
  desk.out(formatKeys(page.keys, { zone: zoneOf(words), paint: desk.paint }));
  if (page.more) desk.out(`more than ${most} keys: narrow them down with --prefix\n`);
  if (templates.length + page.keys.length === 0) desk.out('nothing is limited\n');
}

function formatKeys(keys: readonly LimitView[], { zone, paint }: { zone: ShownZone; paint: Paint }): string {
  const rows = keys.map((view) => [
    view.key,
    describeAmounts(view.limit),
    view.by,
    view.running === undefined ? '' : String(view.running),
    view.waiting.runs === 0 ? '' : String(view.waiting.runs),
    view.heldUntil === undefined ? '' : formatInstant(view.heldUntil, zone),
  ]);
  return formatTable(['KEY', 'LIMIT', 'SET BY', 'RUNNING', 'WAITING', 'HELD UNTIL'], rows, paint);
}
