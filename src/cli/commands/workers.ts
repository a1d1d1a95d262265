import type { Command } from 'commander';
import { workerJson } from '../../client/json_views.ts';
import type { Overview } from '../../client/overview.ts';
import type { Counter } from '../counter.ts';
import { formatDistance } from '../instants.ts';
import { withOutput, type OutputWords } from '../options.ts';
import { formatTable } from '../table.ts';
import { withSession } from '../with_session.ts';

const HEAD = ['WORKER', 'POOL', 'HOST', 'PID', 'VERSION', 'STATE', 'BUSY', 'JOBS', 'STARTED', 'QUEUES'];

/** `belfry workers`. */
export function addWorkers(program: Command, counter: Counter): void {
  withOutput(
    program.command('workers').description('live workers, their slots, and which queues they ask first'),
  ).action((words: OutputWords) => listWorkers(words, counter));
}

async function listWorkers({ json }: OutputWords, counter: Counter): Promise<void> {
  const { desk } = counter;
  const { workers, now } = await withSession(counter, ({ client }) => client.overview());
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

function rowOf(worker: Overview['workers'][number], now: number): string[] {
  const { id, pool, host, pid, version, state, busy, slots, jobs, startedAt, queues, order } = worker;
  const named = queues.join(',') + (order === 'strict' ? ' (strict)' : '');
  const started = formatDistance(startedAt, now);
  return [id, pool, host, String(pid), version, state, `${busy}/${slots}`, String(jobs), started, named];
}
