import { describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import type { JournalLine } from '../support/journal.ts';
import { startRedis } from '../support/redis.ts';
import { openFleet } from './fleet.ts';
import type { Fleet, FleetJob } from './fleet.ts';
import { untilSaid } from './waits.ts';

/** A worker with one run that takes a minute. */
async function startBusyWorker(job: FleetJob, drainMs: number) {
  const fleet = await openFleet({ redis: await startRedis({ persistence: 'aof' }), jobs: [job], drainMs });
  await fleet.observer.client.apply(fleet.observer.jobs);
  const [worker] = await fleet.start('worker');
  if (worker === undefined) throw new Error('no worker was started');
  const run = await fleet.observer.client.enqueue(job.name);
  await untilLine(fleet, { run, event: 'start', pid: worker.pid });
  return { fleet, worker, run };
}

/** The first line that matches. */
function untilLine(fleet: Fleet, wanted: Partial<JournalLine>): Promise<JournalLine> {
  return eventually(
    () => {
      const found = fleet.journal
        .read()
        .find((line) => Object.entries(wanted).every(([key, value]) => line[key as keyof JournalLine] === value));
      if (found === undefined) throw new Error(`no line yet with ${JSON.stringify(wanted)}`);
      return found;
    },
    { timeoutMs: 30_000 },
  );
}

const slow: FleetJob = { name: 'slow', forMs: [60_000, 60_000] };

describe('a worker that is told to stop', () => {
  test('waits for its run no longer than the drain time, and hands it back uncounted', async () => {
    const { fleet, worker, run } = await startBusyWorker(slow, 1_000);
    const told = Date.now();

    const { code, at } = await fleet.terminate(worker);
    const [other] = await fleet.start('worker');

    expect(code).toBe(0);
    expect(at - told).toBeGreaterThanOrEqual(1_000);
    expect(at - told).toBeLessThan(4_000);
    await untilLine(fleet, { run, event: 'stopped', pid: worker.pid, attempt: 1 });
    await untilLine(fleet, { run, event: 'start', pid: other?.pid ?? 0, attempt: 1 });
  });

  test('leaves a run behind that does not obey its signal, and hands that back as well', async () => {
    const { fleet, worker, run } = await startBusyWorker({ ...slow, manner: 'deaf' }, 1_000);
    const told = Date.now();

    const { code, at } = await fleet.terminate(worker);
    const [other] = await fleet.start('worker');

    expect(code).toBe(0);
    expect(at - told).toBeLessThan(6_000);
    await untilLine(fleet, { run, event: 'start', pid: other?.pid ?? 0, attempt: 1 });
  });

  test('ends at once when it is told a second time, and its run is attempted again when the lease is over', async () => {
    const { fleet, worker, run } = await startBusyWorker(slow, 60_000);
    worker.send('SIGTERM');
    await untilSaid(worker, 'worker draining', 0);
    const told = Date.now();

    // Signals that come together are one request: it is told until it has heard a second one.
    const telling = setInterval(() => worker.send('SIGTERM'), 100);
    const { code, at } = await worker.whenEnded();
    clearInterval(telling);
    const [[other]] = await Promise.all([fleet.start('worker'), fleet.start('scheduler')]);

    expect(code).toBe(130);
    expect(at - told).toBeLessThan(1_000);
    await untilLine(fleet, { run, event: 'start', pid: other?.pid ?? 0, attempt: 2 });
  });
});
