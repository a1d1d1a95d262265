import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { finishedRuns } from '../support/journal.ts';
import { startRedis } from '../support/redis.ts';
import { openFleet } from './fleet.ts';
import type { Fleet, FleetJob } from './fleet.ts';
import { judgeEnqueued, judgeFireTimes } from './judgement.ts';
import { fewestAtWork, supervise } from './supervisor.ts';
import { report, untilFinished, untilSettled } from './waits.ts';

const PROCESSES = 20;
const SLOTS = 10;
/** Of 20 processes: four. */
const MAX_UNAVAILABLE = '20%';
const MOST_AWAY = 4;
/** Enqueued runs that are under way or wait at any time: some for each process, so that each drains while it works. */
const IN_FLIGHT = 100;

const scheduled = Array.from({ length: 10 }, (_, i): FleetJob => ({
  name: `tick-${String(i)}`,
  schedule: { every: '1s', overlap: 'allow' },
  forMs: [50, 400],
}));
const enqueued: FleetJob = { name: 'work', forMs: [300, 1_500] };

/** Enqueues runs so that a hundred are never finished, until it is told to end. Answers all ids. */
async function keepBusy(fleet: Fleet, until: AbortSignal): Promise<string[]> {
  const ids: string[] = [];
  while (!until.aborted) {
    const done = finishedRuns(fleet.journal.read());
    const open = ids.filter((id) => !done.has(id)).length;
    const wanted = IN_FLIGHT - open;
    if (wanted > 0) ids.push(...(await fleet.observer.client.enqueueMany('work', new Array<null>(wanted).fill(null))));
    await new Promise((resolve) => setTimeout(resolve, 50)); // the pace of the load, not a wait for anything
  }
  return ids;
}

const LIMIT = { timeout: 180_000 };

test(
  'two hundred slots of twenty processes are restarted in waves under load: nothing is lost or repeated',
  LIMIT,
  async () => {
    const fleet = await openFleet({
      redis: await startRedis({ persistence: 'aof' }),
      jobs: [...scheduled, enqueued],
      concurrency: SLOTS,
      drainMs: 10_000,
      runLeaseMs: 6_000,
    });
    const { client, jobs } = fleet.observer;
    await client.apply(jobs);
    const from = Date.now() + 1_000;
    await fleet.start('scheduler');
    const supervisor = supervise(fleet, 'blue');
    await supervisor.start(PROCESSES);
    const load = new AbortController();
    const loading = keepBusy(fleet, load.signal);
    await untilFinished(fleet, IN_FLIGHT);

    supervisor.deploy('green');
    const began = Date.now();
    const answer = await fleet.ask([
      'workers',
      'restart',
      '--deployment',
      'green',
      '--max-unavailable',
      MAX_UNAVAILABLE,
      '--json',
    ]);
    const ended = Date.now();
    load.abort();
    const ids = await loading;
    await untilSettled(fleet, ended);
    const enqueuedLines = fleet.journal.read().filter(({ job }) => job === 'work');
    const runs = await judgeEnqueued(fleet, ids, enqueuedLines);
    const fires = await judgeFireTimes(fleet, { jobs: scheduled, from, until: ended });

    report(
      `${String(ids.length)} runs and ${String(fires.fireTimes)} fire times, ${String(PROCESSES)} processes replaced in ${String(ended - began)} ms`,
    );
    expect(answer, answer.stderr).toMatchObject({ code: 0 });
    expect(JSON.parse(answer.stdout)).toMatchObject({
      restart: { status: 'done', counts: { targets: PROCESSES, replaced: PROCESSES, failed: 0, left: 0 } },
    });
    expect({ findings: runs.findings, repeated: runs.repeated, handedBack: runs.handedBack }).toEqual({
      findings: [],
      repeated: 0,
      handedBack: 0,
    });
    expect({ findings: fires.findings, repeated: fires.repeated }).toEqual({ findings: [], repeated: 0 });
    const workers = supervisor.started.map(({ process }) => process);
    expect(fewestAtWork(workers, began, ended)).toBeGreaterThanOrEqual(PROCESSES - MOST_AWAY);
    expect(workers).toHaveLength(2 * PROCESSES);
    const live = await client.workers.list();
    expect(live.map(({ deployment }) => deployment)).toEqual(new Array<string>(PROCESSES).fill('green'));
    await eventually(fleet.observer.assertRest);
    supervisor.stop();
  },
);
