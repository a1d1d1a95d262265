import type { Command } from 'commander';
import { workerJson } from '../../client/json_views.ts';
import type { WorkerView } from '../../client/workers.ts';
import type { EpochMs } from '../../core/time/units.ts';
import type { Counter } from '../counter.ts';
import { formatDistance, formatInstant, formatLength } from '../instants.ts';
import { withBy, withOutput, zoneOf, type ByWords, type OutputWords } from '../options.ts';
import { formatFields, formatTable } from '../table.ts';
import { withSession } from '../with_session.ts';
import { addRestart } from './workers_restart.ts';

type Worker = Omit<WorkerView, 'beside' | 'told'>;
type DrainFlags = ByWords & { note?: string; force?: true };

const HEAD = ['WORKER', 'POOL', 'HOST', 'PID', 'VERSION', 'STATE', 'BUSY', 'JOBS', 'STARTED', 'QUEUES'];

/** `belfry workers`, `workers list | show | drain | restart`. */
export function addWorkers(program: Command, counter: Counter): void {
  const workers = withOutput(
    program.command('workers').description('live workers, their slots, and which queues they ask first'),
  ).action((words: OutputWords) => listWorkers(words, counter));
  withOutput(workers.command('list').description('the same')).action((_: unknown, command: Command) =>
    listWorkers(command.optsWithGlobals<OutputWords>(), counter),
  );
  withOutput(workers.command('show <worker>').description('one worker, and what it was told')).action(
    (id: string, _: unknown, command: Command) => showWorker(id, command.optsWithGlobals<OutputWords>(), counter),
  );
  withBy(withOutput(workers.command('drain <worker>')))
    .description('tell a worker to let its runs end and exit, with its process; a supervisor starts it again')
    .option('--note <text>', 'why')
    .option('--force', 'also where its process schedules or serves the API')
    .action((id: string, _: unknown, command: Command) =>
      drainWorker(id, command.optsWithGlobals<DrainFlags>(), counter),
    );
  addRestart(workers, counter);
}

async function listWorkers({ json }: OutputWords, counter: Counter): Promise<void> {
  const { desk } = counter;
  const workers = await withSession(counter, ({ client }) => client.workers.list());
  const now = desk.now();
  if (json === true) desk.out(`${JSON.stringify({ workers: workers.map(workerJson) })}\n`);
  else if (workers.length === 0) desk.out('no worker lives\n');
  else
    desk.out(
      formatTable(
        HEAD,
        workers.map((worker) => rowOf(worker, now)),
        desk.paint,
      ),
    );
}

function rowOf(worker: Worker, now: EpochMs): string[] {
  const { id, pool, host, pid, version, state, busy, slots, jobs, startedAt } = worker;
  const started = formatDistance(startedAt, now);
  return [id, pool, host, String(pid), version, state, `${busy}/${slots}`, String(jobs), started, queuesOf(worker)];
}

function queuesOf({ queues, order }: Worker): string {
  return queues.join(',') + (order === 'strict' ? ' (strict)' : '');
}

async function showWorker(id: string, words: OutputWords, counter: Counter): Promise<void> {
  const { desk } = counter;
  const view = await withSession(counter, ({ client }) => client.workers.get(id));
  if (words.json === true) {
    const { beside, told = null, ...worker } = view;
    desk.out(`${JSON.stringify({ worker: { ...workerJson(worker), beside, told } })}\n`);
  } else desk.out(formatFields(fieldsOf(view, words), desk.paint));
}

function fieldsOf(view: WorkerView, words: OutputWords): (readonly [string, string | undefined])[] {
  const { id, pool, host, pid, version, deployment, state, busy, slots, jobs, startedAt } = view;
  const { drainMs, roles, beside, told } = view;
  return [
    ['worker', id],
    ['pool', pool],
    ['host', `${host}, pid ${pid}`],
    ['version', version],
    ['deployment', deployment],
    ['state', state],
    ['busy', `${busy} of ${slots} slots`],
    ['jobs', String(jobs)],
    ['queues', queuesOf(view)],
    ['started', formatInstant(startedAt, zoneOf(words))],
    ['drains for', drainMs === undefined ? undefined : `at most ${formatLength(drainMs)}`],
    ['orders', roles === undefined ? 'takes none' : `taken; the process is ${roles.join(', ')}`],
    ['beside', beside.length === 0 ? undefined : beside.join('\n')],
    [
      'told',
      told === undefined
        ? undefined
        : `by ${told.by} to drain and exit${told.note === undefined ? '' : `: ${told.note}`}`,
    ],
  ];
}

async function drainWorker(id: string, words: DrainFlags, counter: Counter): Promise<void> {
  const { desk } = counter;
  const { by = desk.user, note, force } = words;
  const told = await withSession(counter, ({ client }) =>
    client.workers.drain(id, {
      by,
      ...(note === undefined ? {} : { note }),
      ...(force === true ? { roles: 'all' } : {}),
    }),
  );
  if (words.json === true) desk.out(`${JSON.stringify({ worker: { id, answer: 'told', leaves: told } })}\n`);
  else
    desk.out(
      `${told.length === 1 ? 'told' : `told; its process has ${told.length} workers`}: it lets its runs end and exits\n`,
    );
}
