import { expect, test } from 'vitest';
import type { Chance } from '../support/seeded.ts';
import { seededChance } from '../support/seeded.ts';
import { eventually } from '../support/eventually.ts';
import { liveAttempts } from '../support/journal.ts';
import { startRedis } from '../support/redis.ts';
import { openFleet } from './fleet.ts';
import type { Fleet, FleetJob } from './fleet.ts';
import { judgeFireTimes } from './judgement.ts';
import { findVictim } from './victims.ts';
import { failOverMs, median, report, untilLed, untilSaid, untilSettled, untilStarted } from './waits.ts';

const LEADER_TTL_MS = 2_000;
const LEADER_KILLS = 20;
const LEADER_PAUSES = 10;
const WORKER_KILLS = 30;
const WORKER_PAUSES = 6;

/** Most leave no excuse: they may overlap and are caught up. A few follow other policies; a few have jitter. */
const jobs: FleetJob[] = Array.from({ length: 40 }, (_, i) => {
  const seconds = 1 + (i % 10);
  const rule = i % 2 === 0 ? { every: `${String(seconds)}s` } : { cron: `*/${String(seconds)} * * * * *` };
  const overlap = i % 8 === 6 ? ('skip' as const) : ('allow' as const);
  const catchUp = i % 13 === 12 ? ('none' as const) : ('latest' as const);
  const jitter = i % 9 === 5 ? { jitter: '400ms' } : {};
  return { name: `job-${String(i)}`, schedule: { ...rule, overlap, catchUp, ...jitter }, forMs: [0, 1_000] };
});

test('three schedulers and four workers account for each fire time once, whoever is killed or stopped', async () => {
  const chance = seededChance();
  const redis = await startRedis({ persistence: 'aof' });
  const fleet = await openFleet({ redis, jobs, leaderTtlMs: LEADER_TTL_MS, runLeaseMs: 3_000 });
  await fleet.observer.client.apply(fleet.observer.jobs);
  const from = Date.now();
  await Promise.all([fleet.start('scheduler', 3), fleet.start('worker', 4)]);

  const [falls] = await Promise.all([strikeLeaders(fleet, chance), strikeWorkers(fleet, chance)]);

  const until = Date.now();
  await untilSettled(fleet, until);
  const { findings, fireTimes, runs, repeated } = await judgeFireTimes(fleet, { jobs, from, until });
  const failOvers = falls.map((fellAt) => failOverMs(fleet.journal.read(), fellAt));
  const refused = { leader: fleet.count('leader refused'), worker: fleet.count('attempt refused') };
  report(
    `seed ${String(chance.seed)}: ${String(fireTimes)} fire times in ${String(Math.round((until - from) / 1_000))} s, ` +
      `${String(runs)} runs, ${String(repeated)} repeated; kills ${String(LEADER_KILLS)} leaders, ${String(WORKER_KILLS)} workers; ` +
      `pauses ${String(LEADER_PAUSES)} leaders, ${String(WORKER_PAUSES)} workers; ` +
      `refused writes ${String(refused.leader)} of leaders, ${String(refused.worker)} of workers; ` +
      `fail-over p50 ${String(median(failOvers))} ms, max ${String(Math.max(...failOvers))} ms; findings ${String(findings.length)}`,
  );
  expect(findings).toEqual([]);
  // A fault that never bit proves nothing.
  expect(repeated).toBeGreaterThan(0);
  expect(refused.leader).toBeGreaterThan(0);
  expect(refused.worker).toBeGreaterThan(0);
  expect(Math.max(...failOvers)).toBeLessThanOrEqual(LEADER_TTL_MS + 2_000);
}, 420_000);

/** Kills and pauses leaders, one after the other led again. Resolves with the instants at which they fell. */
async function strikeLeaders(fleet: Fleet, chance: Chance): Promise<number[]> {
  const falls: number[] = [];
  for (const strike of chance.mix({ kill: LEADER_KILLS, pause: LEADER_PAUSES })) {
    await untilStarted(fleet, chance.between(5, 20));
    const leader = await untilLed(fleet);
    if (strike === 'kill') {
      falls.push(await fleet.kill(leader));
      await untilLed(fleet, leader);
      await fleet.start('scheduler');
    } else {
      falls.push(await fleet.whilePaused(leader, async () => void (await untilLed(fleet, leader))));
      await untilSaid(leader, 'leader lost', falls.at(-1) ?? 0);
    }
  }
  return falls;
}

/** Kills workers and puts others in their place; pauses some until one of their runs was taken over. */
async function strikeWorkers(fleet: Fleet, chance: Chance): Promise<void> {
  for (const strike of chance.mix({ kill: WORKER_KILLS, pause: WORKER_PAUSES })) {
    await untilStarted(fleet, chance.between(5, 20));
    if (strike === 'kill') {
      await fleet.kill(await findVictim(fleet, chance, 'busy or idle'));
      await fleet.start('worker');
    } else {
      const victim = await findVictim(fleet, chance, 'busy');
      await fleet.whilePaused(victim, () => untilTakenOver(fleet, victim.pid));
    }
  }
}

async function untilTakenOver(fleet: Fleet, pid: number): Promise<void> {
  await eventually(
    () => {
      const lines = fleet.journal.read();
      const held = new Set(liveAttempts(lines, pid).map(({ run }) => run));
      if (held.size === 0) return; // its last run ended just before the signal came
      const isTaken = lines.some((line) => held.has(line.run) && line.pid !== pid && line.attempt > 1);
      if (!isTaken) throw new Error(`none of ${[...held].join(', ')} was started elsewhere`);
    },
    { timeoutMs: 20_000, everyMs: 20 },
  );
}
