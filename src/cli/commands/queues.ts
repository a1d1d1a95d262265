import type { Command } from 'commander';
import { queueJson } from '../../client/json_views.ts';
import { BelfryError } from '../../core/errors.ts';
import type { Counter } from '../counter.ts';
import { withBy, withOutput, zoneOf, type ByWords, type OutputWords } from '../options.ts';
import { formatQueueTable } from '../queue_table.ts';
import { withSession } from '../with_session.ts';
import { tellBegun } from './bulk.ts';
import { pauseWordsOf, withPause, type PauseFlags } from './pause.ts';
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

type DrainWords = ByWords & WayWords & { yes?: true };
type MoveWords = ByWords & WayWords & SelectionWords;

/** `belfry queues list | pause | resume | drain | move`. */
export function addQueues(program: Command, counter: Counter): void {
  const queues = program.command('queues').description('queues: what is in them, and who asks for it');
  withOutput(queues.command('list').description('all queues with their runs by state')).action((words: OutputWords) =>
    listQueues(words, counter),
  );
  withPause(queues.command('pause <queue>').description('nothing of it starts; what runs goes on')).action(
    (queue: string, flags: PauseFlags) => pauseQueue(queue, flags, counter),
  );
  withBy(withOutput(queues.command('resume <queue>').description('let its runs start again'))).action(
    (queue: string, words: ByWords) => resumeQueue(queue, words, counter),
  );
  withWay(withBy(withOutput(queues.command('drain <queue>').description('delete everything that waits in it'))))
    .option('--yes', 'this is meant')
    .action((queue: string, words: DrainWords) => drainQueue(queue, words, counter));
  withState(
    withSelection(
      withWay(
        withBy(withOutput(queues.command('move <queue> <to>').description('move what waits in it to another queue'))),
      ),
    ),
  ).action((queue: string, to: string, words: MoveWords) => moveQueue({ queue, to }, words, counter));
}

async function listQueues(words: OutputWords, counter: Counter): Promise<void> {
  const { desk } = counter;
  const views = await withSession(counter, ({ client }) => client.queues.list());
  const style = { paint: desk.paint, zone: zoneOf(words), now: desk.now() };
  if (words.json === true) desk.out(`${JSON.stringify({ queues: views.map(queueJson) })}\n`);
  else desk.out(views.length === 0 ? 'no queues\n' : formatQueueTable(views, style));
}

async function pauseQueue(queue: string, flags: PauseFlags, counter: Counter): Promise<void> {
  const words = pauseWordsOf(flags, counter);
  await withSession(counter, ({ client }) => client.queues.pause(queue, words));
  const told = { queue: { name: queue, answer: 'paused' } };
  counter.desk.out(flags.json === true ? `${JSON.stringify(told)}\n` : `queue ${queue} is paused\n`);
}

async function resumeQueue(queue: string, { by, json }: ByWords, counter: Counter): Promise<void> {
  const { desk } = counter;
  const answer = await withSession(counter, ({ client }) => client.queues.resume(queue, { by: by ?? desk.user }));
  const said = answer === 'resumed' ? `queue ${queue} is resumed` : `queue ${queue} was not paused`;
  desk.out(json === true ? `${JSON.stringify({ queue: { name: queue, answer } })}\n` : `${said}\n`);
}

async function drainQueue(queue: string, words: DrainWords, counter: Counter): Promise<void> {
  const id = await withSession(counter, async ({ client }) => {
    const depth = (await client.queues.list()).find((view) => view.queue === queue);
    const count = depth === undefined ? 0 : depth.ready + depth.waiting + depth.retrying;
    if (depth !== undefined) assertYes(words.yes, `draining deletes the ${count} runs that wait in ${queue}`);
    return client.queues.drain(queue, { by: words.by ?? counter.desk.user, ...wayOf(words) });
  });
  tellBegun(id, words, counter);
}

async function moveQueue(
  { queue, to }: { queue: string; to: string },
  words: MoveWords,
  counter: Counter,
): Promise<void> {
  const { desk } = counter;
  if (words.queue !== undefined || words.all !== undefined) {
    const field = words.all === undefined ? '--queue' : '--all';
    throw new BelfryError('BAD_USAGE', `${field} is not for a move`, {
      field,
      hint: `the queue is named first: belfry queues move ${queue} ${to}`,
    });
  }
  const way = { by: words.by ?? desk.user, ...wayOf(words) };
  const filter = selectionOf(words, desk.now());
  const id = await withSession(counter, ({ client }) => client.queues.move(queue, to, { ...way, filter }));
  tellBegun(id, words, counter);
}
