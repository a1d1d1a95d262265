import { Redis } from 'ioredis';
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { startRedis } from '../support/redis.ts';
import { seededChance, type Chance } from '../support/seeded.ts';
import { openFleet, type Fleet } from './fleet.ts';
import { judgeEnqueued } from './judgement.ts';
import { judgeLimits, type KeyTerms } from '../support/limit_judge.ts';
import { findVictim } from './victims.ts';
import { report, untilFinished, untilStarted } from './waits.ts';

const KEYS = 20;
const RUNS_PER_KEY = 60;
const WORKERS = 4;
const KILLS = 8;
const LEASE_MS = 4_000;
const TERMS: KeyTerms = { slots: 2, count: 10, periodMs: 2_000 };

test('no key exceeds its slots or its rate, and everything ends, while workers are killed', async () => {
  const chance = seededChance();
  const redis = await startRedis({ persistence: 'aof' });
  const limit = { key: 'partner:{partner}', rate: '10/2s', concurrency: TERMS.slots };
  const fleet = await openFleet({
    redis,
    jobs: [{ name: 'work', forMs: [50, 600], limits: [limit] }],
    runLeaseMs: LEASE_MS,
  });
  const { client, jobs, assertRest, records } = fleet.observer;
  await client.apply(jobs);
  await Promise.all([fleet.start('scheduler'), fleet.start('worker', WORKERS)]);
  const partners = chance.shuffle(Array.from({ length: KEYS * RUNS_PER_KEY }, (_, i) => `p${String(i % KEYS)}`));
  const ids = await client.enqueueMany(
    'work',
    partners.map((partner) => ({ partner })),
  );

  await killWorkers(fleet, chance);
  await untilFinished(fleet, ids.length, 90_000);
  await eventually(assertRest);

  const keyOf = new Map(ids.map((id, i) => [id, partners[i] as string]));
  const lines = fleet.journal.read();
  const breaches = judgeLimits({
    keyOf,
    terms: TERMS,
    lines,
    faults: fleet.faults,
    records: await records(),
    leaseLeftMs: LEASE_MS / 3,
    latenessMs: 1_000,
  });
  const { findings, repeated } = await judgeEnqueued(fleet, ids);
  report(
    `seed ${String(chance.seed)}: ${String(ids.length)} runs of ${String(KEYS)} keys, ${String(KILLS)} kills, ` +
      `${String(repeated)} repeated, breaches ${String(breaches.length)}, findings ${String(findings.length)}`,
  );
  expect(breaches).toEqual([]);
  expect(findings).toEqual([]);
  expect(repeated).toBeGreaterThan(0);
  await expectNothingLeft(redis);
}, 300_000);

/** Others take the places of those that are killed, and nobody waits for them: there is work for a limited time only. */
async function killWorkers(fleet: Fleet, chance: Chance): Promise<void> {
  const heirs: Promise<unknown>[] = [];
  for (let kill = 0; kill < KILLS; kill += 1) {
    await untilStarted(fleet, chance.between(10, 30));
    await fleet.kill(await findVictim(fleet, chance, 'busy'));
    heirs.push(fleet.start('worker'));
  }
  await Promise.all(heirs);
}

/** What is known of slots and of lanes that wait for them goes with the last run. */
async function expectNothingLeft(redis: { path: string }): Promise<void> {
  const connection = new Redis({ path: redis.path });
  onTestFinished(() => connection.disconnect());
  const names = ['active', 'turns', 'blocked_keys', 'parked:default', 'ready:default', 'leases', 'running'];
  await eventually(async () => {
    const present = await Promise.all(names.map((name) => connection.exists(`{belfry:0}:${name}`)));
    expect(names.filter((_, i) => present[i] === 1)).toEqual([]);
  });
}
