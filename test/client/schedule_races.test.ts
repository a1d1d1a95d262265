import { expect, test } from 'vitest';
import type { ScheduleEntry } from '../../src/client/schedule_entry.ts';
import type { LedgerEntry } from '../../src/core/verdict.ts';
import { job, openEngine, type Engine } from '../support/engine.ts';
import { create } from '../support/entries.ts';
import { eventually } from '../support/eventually.ts';
import { startRedis } from '../support/redis.ts';
import { followOrder } from '../support/redis_order.ts';
import { seededChance } from '../support/seeded.ts';

const redis = await startRedis();

const OPERATIONS = ['update', 'pause', 'resume', 'delete', 'trigger'] as const;
type Operation = (typeof OPERATIONS)[number];

/** Each of 2,000 schedules sees one operation, within 50 ms of one of its fire times. */
const SCHEDULES = 2_000;
/** They fire in groups, one after the other, so that the operations of one are not late because of another's. */
const GROUPS = 20;
const PERIOD_MS = 5_000;
const NEAR_MS = 50;
const WHO = { by: 'race', note: 'a race' };

type Racer = { id: string; entry: ScheduleEntry; operation: Operation; phaseMs: number };

function makeRacers(): Racer[] {
  return Array.from({ length: SCHEDULES }, (_, i) => {
    const phaseMs = ((i % GROUPS) * PERIOD_MS) / GROUPS;
    const operation = OPERATIONS[Math.floor(i / GROUPS) % OPERATIONS.length] as Operation;
    const anchor = new Date(phaseMs).toISOString();
    // Jitter keeps a fire time waiting: an update, a pause or a deletion may find it between fire time and due time.
    const schedule = { every: `${PERIOD_MS}ms`, anchor, jitter: '60ms', overlap: 'allow' } as const;
    return { id: `poll:r${String(i)}`, entry: { job: 'poll', key: `r${String(i)}`, schedule }, operation, phaseMs };
  });
}

/** The first fire time of a phase that is at least so far away. */
function fireTimeAfter(instant: number, phaseMs: number): number {
  return Math.ceil((instant - phaseMs) / PERIOD_MS) * PERIOD_MS + phaseMs;
}

async function act({ client }: Engine, { id, entry, operation }: Racer): Promise<string> {
  const one = async (answers: Promise<readonly { answer: string }[]>): Promise<string> =>
    (await answers)[0]?.answer ?? '';
  switch (operation) {
    case 'update':
      return one(client.schedules.save([{ ...entry, payload: 'changed' }], 'update'));
    case 'pause':
      return one(client.schedules.pause([id], WHO));
    case 'resume':
      return one(client.schedules.resume([id], WHO));
    case 'delete':
      return one(client.schedules.delete([id]));
    default:
      return (await client.schedules.trigger(id)).answer;
  }
}

/** An operation must land within 50 ms of a real fire, so its moment is waited for; no outcome ever is. */
async function at<T>(instant: number, work: () => Promise<T>): Promise<T> {
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, instant - Date.now())));
  return work();
}

/** Every fire time that the ledger has a verdict over, by schedule, in order. */
function judgedTimes(ledger: readonly LedgerEntry[]): Map<string, number[]> {
  const times = new Map<string, number[]>();
  for (const { schedule, from, to, count } of ledger) {
    expect(to - from).toBe((count - 1) * PERIOD_MS);
    const list = times.get(schedule) ?? [];
    for (let time = from; time <= to; time += PERIOD_MS) list.push(time);
    times.set(schedule, list);
  }
  for (const list of times.values()) list.sort((a, b) => a - b);
  return times;
}

/** The fire times from the first to the last of them, each once and none left out. */
function expectWhole(times: readonly number[], first: number, what: string): void {
  const expected = times.map((_, i) => first + i * PERIOD_MS);
  expect(times, what).toEqual(expected);
}

test('updates, pauses, resumes, deletions and triggers close to a fire lose no fire time and fire nothing that was stopped', async () => {
  const retention = { historyCount: 10, historyAgeMs: 86_400_000, historyBytes: 1_000_000, ledgerCount: 1_000_000 };
  const engine = await openEngine({ target: redis.target, config: { retention }, jobs: [job('poll')] });
  const { client, store } = engine;
  const order = await followOrder(redis, store.of('poll').shard.prefix);
  const chance = seededChance();
  const racers = makeRacers();
  const resumed = racers.filter(({ operation }) => operation === 'resume');
  await create(engine, ...racers.map(({ entry }) => entry));
  await client.schedules.pause(
    resumed.map(({ id }) => id),
    WHO,
  );
  const views = await client.schedules.get(racers.map(({ id }) => id));
  const firsts = new Map(views.map((view) => [view?.id, view?.nextFireTime as number]));
  await engine.startScheduler();

  // One whole period goes by first, so that each schedule has fired before somebody touches it.
  const begin = Date.now() + PERIOD_MS + 1_000;
  const answers = await Promise.all(
    racers.map((racer) => {
      const offsetMs = chance.between(-NEAR_MS, NEAR_MS);
      return at(fireTimeAfter(begin, racer.phaseMs) + offsetMs, () => act(engine, racer));
    }),
  );
  racers.forEach(({ operation }, i) => {
    expect(answers[i]).toBe({ update: 'updated', trigger: 'triggered' }[operation as 'update'] ?? 'done');
  });

  // The fire times after those are the ones that nothing paused or deleted may see.
  const end = Date.now();
  const reached = (time: number) =>
    eventually(
      async () => {
        const due = await store.of('poll').schedules.dueTimes(racers.map(({ id }) => id));
        expect(Math.min(...due.map((one) => one ?? Infinity))).toBeGreaterThan(time);
      },
      { timeoutMs: 3 * PERIOD_MS },
    );
  await reached(end + PERIOD_MS);
  await client.schedules.resume({ job: 'poll' }, WHO);
  await reached(end + 2 * PERIOD_MS);

  expect(order.wrongRuns()).toEqual([]);
  expect(order.runs()).toBeGreaterThan(SCHEDULES);
  const judged = judgedTimes(await client.jobs.ledger('poll', 1_000_000));
  for (const { id, operation } of racers) {
    const times = judged.get(id) ?? [];
    expectWhole(times, firsts.get(id) ?? 0, `${operation} ${id}`);
    if (operation === 'delete') expect(times.at(-1) ?? 0).toBeLessThan(end);
    else expect(times.at(-1)).toBeGreaterThan(end + PERIOD_MS);
  }
  // It was a race: some deletions came before the fire that they aimed at, and some after it.
  const beaten = racers.filter(
    ({ id, operation, phaseMs }) =>
      operation === 'delete' && (judged.get(id)?.at(-1) ?? 0) >= fireTimeAfter(begin, phaseMs),
  );
  expect(beaten.length).toBeGreaterThan(0);
  expect(beaten.length).toBeLessThan(SCHEDULES / OPERATIONS.length);
}, 120_000);
