import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import type { JournalLine } from '../support/journal.ts';
import type { BelfryProcess } from '../support/processes.ts';
import { startRedis } from '../support/redis.ts';
import { openFleet } from './fleet.ts';
import type { Fleet, FleetOptions } from './fleet.ts';
import { supervise } from './supervisor.ts';
import { untilSaid } from './waits.ts';

const slow = { name: 'slow', forMs: [60_000, 60_000] as [number, number] };

async function open(options: Partial<FleetOptions> = {}): Promise<Fleet> {
  const redis = await startRedis({ persistence: 'aof' });
  const fleet = await openFleet({ redis, jobs: [slow], drainMs: 1_000, ...options });
  await fleet.observer.client.apply(fleet.observer.jobs);
  return fleet;
}

function untilLine(fleet: Fleet, wanted: Partial<JournalLine>): Promise<void> {
  return eventually(
    () => {
      const found = fleet.journal
        .read()
        .some((line) => Object.entries(wanted).every(([key, value]) => line[key as keyof JournalLine] === value));
      if (!found) throw new Error(`no line yet with ${JSON.stringify(wanted)}`);
    },
    { timeoutMs: 30_000 },
  );
}

const idOf = ({ said }: BelfryProcess): string => said.find(({ event }) => event === 'worker started')?.worker ?? '';

test('a worker that is told to drain hands back what does not end in time, and its process exits with 0', async () => {
  const fleet = await open();
  const [worker] = await fleet.start('worker');
  if (worker === undefined) throw new Error('no worker was started');
  const run = await fleet.observer.client.enqueue('slow');
  await untilLine(fleet, { run, event: 'start', pid: worker.pid });

  expect(await fleet.ask(['workers', 'drain', idOf(worker), '--note', 'a new disk'])).toMatchObject({ code: 0 });

  expect(await worker.whenEnded()).toMatchObject({ code: 0, signal: null });
  expect(worker.noise()).toMatch(/told by \S+ to drain and exit: a new disk/);
  const [other] = await fleet.start('worker');
  await untilLine(fleet, { run, event: 'stopped', pid: worker.pid, attempt: 1 });
  await untilLine(fleet, { run, event: 'start', pid: other?.pid ?? 0, attempt: 1 });
  expect((await fleet.ask(['workers', 'drain', idOf(worker)])).code).toBe(3);
});

test('a process with two pools ends whole when one of its workers is told to', async () => {
  const pools = { mail: { queues: ['mail'], concurrency: 2 }, rest: { queues: ['*'], concurrency: 2 } };
  const fleet = await open({ pools });
  const [worker] = await fleet.start('worker');
  const [id] = worker?.said.flatMap((said) => (said.event === 'worker started' ? [said.worker] : [])) ?? [];

  const { stdout } = await fleet.ask(['workers', 'drain', id ?? '']);

  expect(stdout).toBe('told; its process has 2 workers: it lets its runs end and exits\n');
  expect(await worker?.whenEnded()).toMatchObject({ code: 0 });
});

test('SIGTERM to a worker that drains by an order is a first one: its run ends in peace', async () => {
  const fleet = await open({ drainMs: 30_000, jobs: [{ name: 'slow', forMs: [3_000, 3_000] }] });
  const [worker] = await fleet.start('worker');
  if (worker === undefined) throw new Error('no worker was started');
  const run = await fleet.observer.client.enqueue('slow');
  await untilLine(fleet, { run, event: 'start' });
  await fleet.ask(['workers', 'drain', idOf(worker)]);
  await untilSaid(worker, 'worker draining', 0);

  expect(await fleet.terminate(worker)).toMatchObject({ code: 0 });
  await untilLine(fleet, { run, event: 'end', pid: worker.pid });
});

test('a restart that is interrupted by Ctrl-C waits for whom it has told, and is resumed', async () => {
  const fleet = await open();
  const supervisor = supervise(fleet, 'blue');
  await supervisor.start(3);
  supervisor.deploy('green');
  const restart = fleet.begin(['workers', 'restart', '--deployment', 'green']);
  await restart.untilSays('1 away, 2 not told');

  restart.signal('SIGINT');

  expect(await restart.ended).toBe(1);
  expect(restart.output()).toMatch(/^interrupted: 1 of 3 restarted, 2 not told$/m);
  expect(supervisor.started.map(({ deployment }) => deployment)).toEqual(['blue', 'blue', 'blue', 'green']);
  expect(await fleet.ask(['workers', 'restart', '--resume', '--max-unavailable', '2'])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^done: 3 of 3 restarted$/m) as string,
  });
  expect(supervisor.started).toHaveLength(6);
  supervisor.stop();
});
