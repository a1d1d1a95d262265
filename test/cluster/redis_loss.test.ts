import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { linesByRun } from '../support/journal.ts';
import type { Journal } from '../support/journal.ts';
import { hasSaid } from '../support/processes.ts';
import type { EventWord } from '../support/processes.ts';
import { startRedis } from '../support/redis.ts';
import type { TestRedis } from '../support/redis.ts';
import { seededChance } from '../support/seeded.ts';
import { openFleet } from './fleet.ts';
import type { Fleet, FleetJob } from './fleet.ts';
import type { Observer } from './observer.ts';
import { judgeEnqueued, judgeFireTimes } from './judgement.ts';
import { report, untilSettled, untilStarted } from './waits.ts';

const scheduled: FleetJob[] = [
  ...[1, 2, 3].flatMap((seconds) =>
    ['a', 'b', 'c', 'd'].map((letter): FleetJob => ({
      name: `each-${String(seconds)}-${letter}`,
      schedule: { every: `${String(seconds)}s`, overlap: 'allow' },
      forMs: [0, 800],
    })),
  ),
  // Longer than a lease, so that there is an attempt to give up in a long outage.
  { name: 'long', schedule: { every: '2s', overlap: 'allow' }, forMs: [4_000, 5_000] },
];

test('a Redis that is killed and comes back has lost nothing, and its absence is accounted for', async () => {
  const chance = seededChance();
  // Under `everysec` Redis holds its writes back while a slow fsync is under way, up to 2 s of acknowledged ones: what a
  // kill takes from it then is another promise (fire times may come again, as `replayed`).
  const redis = await startRedis({ persistence: 'aof', args: ['--appendfsync', 'always'] });
  const fleet = await openFleet({ redis, jobs: [...scheduled, { name: 'asked-for', forMs: [0, 300] }] });
  const { client } = fleet.observer;
  await client.apply(fleet.observer.jobs);
  const from = Date.now();
  await Promise.all([fleet.start('scheduler', 2), fleet.start('worker', 3)]);
  const asking = keepEnqueueing(fleet);

  for (const outage of chance.mix({ short: 2, long: 1 })) {
    await untilStarted(fleet, chance.between(20, 60));
    await cutRedis(fleet, redis, outage);
  }
  await untilStarted(fleet, 20);
  const { acknowledged, unknown } = await asking.end();
  const until = Date.now();
  await untilSettled(fleet, until);

  const times = await judgeFireTimes(fleet, { jobs: scheduled, from, until });
  const lines = fleet.journal.read().filter(({ job }) => job === 'asked-for');
  // A call without an answer may have been applied or not; if it was, its run is owed like any other.
  const applied = unknown.filter((id) => linesByRun(lines).has(id));
  const runs = await judgeEnqueued(fleet, [...acknowledged, ...applied], lines);
  const down = fleet.faults.map(({ from: lost, to }) => `${String(to - lost)} ms`).join(', ');
  report(
    `seed ${String(chance.seed)}: ${String(times.fireTimes)} fire times, ${String(times.runs)} runs of them; ` +
      `${String(acknowledged.length)} acknowledged enqueues, ${String(unknown.length)} unknown; Redis down ${down}; ` +
      `${String(times.repeated + runs.repeated)} repeated, findings ${String(times.findings.length + runs.findings.length)}`,
  );
  expect([...times.findings, ...runs.findings]).toEqual([]);
  expect(acknowledged.length).toBeGreaterThan(0);
});

/** SIGKILLs Redis and starts it again: soon, or only when a worker has given up an attempt for want of a lease. */
async function cutRedis(fleet: Fleet, redis: TestRedis, outage: 'short' | 'long'): Promise<void> {
  if (outage === 'long') await untilLongRun(fleet);
  const from = Date.now();
  await redis.kill();
  await untilAllSaid(fleet, 'redis lost', from);
  if (outage === 'long') {
    await eventually(
      () => {
        const isGivenUp = fleet.up('worker').some((worker) => hasSaid(worker, 'attempt given up', from));
        if (!isGivenUp) throw new Error('no attempt was given up');
      },
      { timeoutMs: 15_000 },
    );
  }
  await redis.restart();
  await untilAllSaid(fleet, 'redis back', from);
  fleet.note({ pid: 'all', kind: 'redis lost', from, to: Date.now() });
}

/** Waits for the start of a run that will outlast its lease. */
async function untilLongRun({ journal }: Fleet): Promise<void> {
  const started = (): number => journal.read().filter(({ job, event }) => job === 'long' && event === 'start').length;
  const before = started();
  await eventually(
    () => {
      if (started() === before) throw new Error('no long run has started');
    },
    { timeoutMs: 15_000 },
  );
}

async function untilAllSaid(fleet: Fleet, event: EventWord, since: number): Promise<void> {
  await eventually(
    () => {
      const silent = [...fleet.up('scheduler'), ...fleet.up('worker')].filter((one) => !hasSaid(one, event, since));
      if (silent.length > 0) throw new Error(`have not said ${event}: ${silent.map(({ pid }) => pid).join(', ')}`);
    },
    { timeoutMs: 15_000 },
  );
}

/** Enqueues one run after the other, each with an id of its own, until it is ended; the next when the last has started. */
function keepEnqueueing({ observer, journal }: Fleet) {
  const acknowledged: string[] = [];
  const unknown: string[] = [];
  let state: 'asking' | 'ending' = 'asking';
  const ask = async (): Promise<void> => {
    for (let i = 0; state === 'asking'; i += 1) {
      const id = `asked-${String(i)}`;
      const isKnown = await observer.client.enqueue('asked-for', null, { id }).then(
        () => true,
        () => false,
      );
      (isKnown ? acknowledged : unknown).push(id);
      await (isKnown ? untilSeen(journal, id) : untilAnswered(observer));
    }
  };
  const asked = ask();
  return {
    async end() {
      state = 'ending';
      await asked;
      return { acknowledged, unknown };
    },
  };
}

/** A refusal may come at once: without a pause the next would follow it before anything else could happen. */
async function untilAnswered({ client }: Observer): Promise<void> {
  await eventually(() => client.overview(), { timeoutMs: 30_000, everyMs: 50 });
}

function untilSeen(journal: Journal, id: string): Promise<void> {
  return eventually(
    () => {
      if (!journal.read().some(({ run }) => run === id))
        throw new Error(`the run ${id} was acknowledged and has not started`);
    },
    { timeoutMs: 30_000, everyMs: 20 },
  );
}
