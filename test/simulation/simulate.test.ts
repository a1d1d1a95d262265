import { describe, expect, test } from 'vitest';
import type { SimulationReport } from '../../src/simulation/report.ts';
import type { SimulationRequest } from '../../src/simulation/request.ts';
import { simulate } from '../../src/simulation/simulate.ts';
import { job } from '../support/engine.ts';
import { startRedis } from '../support/redis.ts';
import { FROM, HOUR, MINUTE, simulation } from '../support/simulations.ts';

async function run(more: Partial<SimulationRequest> = {}): Promise<SimulationReport> {
  const redis = await startRedis();
  const report = await simulate(simulation(more), { target: redis.target });
  await redis.stop();
  return report;
}

const verdictsOf = (report: SimulationReport, name: string) => report.jobs.find(({ job: of }) => of === name)?.verdicts;
/** One kill in each of so many ten minutes, at a minute that is busy. */
const killsEachTenMinutes = (count: number): number[] =>
  Array.from({ length: count }, (_, i) => FROM + (i + 1) * 10 * MINUTE);
const halfPast = (lengthMs: number) => ({ from: FROM + HOUR / 2, until: FROM + HOUR / 2 + lengthMs });

describe('a simulation', () => {
  test('without faults holds for every policy, and fires everything on time', async () => {
    const report = await run();
    expect(report.offences).toEqual([]);
    expect(report).toMatchObject({ failovers: 0, refusedWrites: 0, deaths: [] });
    expect(verdictsOf(report, 'minutely')).toEqual({ fired: 240 });
    expect(verdictsOf(report, 'blackout')).toEqual({ fired: 200, 'skipped(blackout)': 40 });
    expect(verdictsOf(report, 'thrice')).toEqual({ fired: 3 });
    expect(verdictsOf(report, 'once')).toEqual({ fired: 1 });
    expect(verdictsOf(report, 'reboot')).toEqual({ fired: 1 });
    expect(report.jobs.find(({ job: of }) => of === 'minutely')?.maxLagMs).toBe(0);
  });

  test('with runs that outlast the next fire time holds for every overlap policy', async () => {
    const report = await run({ duration: { fromMs: 1_000, toMs: 200_000 }, slots: 1_000 });
    expect(report.offences).toEqual([]);
    expect(verdictsOf(report, 'minutely')?.['skipped(overlap)']).toBeGreaterThan(50);
    expect(verdictsOf(report, 'buffer-one')?.['skipped(overlap)']).toBeGreaterThan(50);
    expect(verdictsOf(report, 'buffer-all')).toEqual({ fired: 120 });
    expect(verdictsOf(report, 'terminate')).toEqual({ fired: 240 });
  });

  test('whose leader is killed in the middle of its work at busy minutes holds, and refuses what dead leaders sent', async () => {
    const report = await run({ kills: killsEachTenMinutes(18) });
    expect(report.offences).toEqual([]);
    expect(new Set(report.deaths.map(({ death }) => death))).toEqual(
      new Set(['before-reading', 'before-commit', 'after-commit']),
    );
    expect(report.failovers).toBe(18);
    expect(report.refusedWrites).toBeGreaterThanOrEqual(12);
    expect(report.longestWithoutLeaderMs).toBeGreaterThan(0);
    expect(report.longestWithoutLeaderMs).toBeLessThanOrEqual(5_000 + 600);
  });

  test('whose only scheduler is killed goes on when that is started again', async () => {
    const report = await run({ replicas: 1, kills: [FROM + HOUR], to: FROM + 2 * HOUR });
    expect(report.offences).toEqual([]);
    expect(report.failovers).toBe(1);
  });

  test('whose Redis stands still in a busy minute holds, and catches up as each policy says', async () => {
    const report = await run({ pauses: [halfPast(6.5 * MINUTE)] });
    expect(report.offences).toEqual([]);
    // The commit of half past was on its way: its run is made when Redis goes on, and lives when the others are seen.
    expect(verdictsOf(report, 'minutely')).toEqual({ fired: 234, merged: 5, 'skipped(overlap)': 1 });
    expect(verdictsOf(report, 'allow')).toEqual({ fired: 234, merged: 5, 'caught-up': 1 });
    expect(verdictsOf(report, 'none')?.['missed(catch-up)']).toBe(3);
    expect(verdictsOf(report, 'deadline')?.['missed(deadline)']).toBe(6);
    expect(verdictsOf(report, 'all')).toMatchObject({ 'caught-up': 5 });
    expect(verdictsOf(report, 'all')).not.toHaveProperty('merged');
    expect(verdictsOf(report, 'newest')).toMatchObject({ merged: 3, 'caught-up': 2 });
  });

  test('does the same whatever the wall clocks of the schedulers show', async () => {
    const to = FROM + HOUR;
    const [right, wrong] = [await run({ to, skewMs: 0 }), await run({ to, skewMs: 26 * HOUR })];
    expect(wrong).toEqual(right);
  });

  test('says the same for the same seed, faults included', async () => {
    const duration = { fromMs: 0, toMs: 90_000 };
    const faults = { kills: killsEachTenMinutes(5), pauses: [halfPast(MINUTE)], duration, to: FROM + 1.5 * HOUR };
    const [one, two, other] = [await run(faults), await run(faults), await run({ ...faults, seed: 2 })];
    expect(two).toEqual(one);
    expect(other).not.toEqual(one);
    expect(other.offences).toEqual([]);
  });

  test('over a change of the clock judges each policy by its own fire times', async () => {
    const day = (dst: 'vixie' | 'quartz' | 'kubernetes' | 'cronos') => ({
      cron: '30 2 * * *',
      timezone: 'Europe/Berlin',
      dst,
    });
    const jobs = (['vixie', 'quartz', 'kubernetes', 'cronos'] as const).map((dst) => job(dst, { schedule: day(dst) }));
    const from = Date.UTC(2026, 2, 28);
    const report = await run({ jobs, from, to: from + 48 * HOUR, kills: [from + 25 * HOUR + 30 * MINUTE] });
    expect(report.offences).toEqual([]);
    expect(report.jobs.map(({ job: of, fireTimes }) => [of, fireTimes])).toEqual([
      ['vixie', 2],
      ['quartz', 1],
      ['kubernetes', 1],
      ['cronos', 2],
    ]);
  });

  test('of more than can be simulated is refused before it begins', async () => {
    const jobs = [job('dense', { schedule: { every: '1s' } })];
    await expect(run({ jobs, to: FROM + 30 * 24 * HOUR })).rejects.toMatchObject({ code: 'BAD_USAGE', field: '--to' });
  });

  test('with too few workers shows how late they are, and loses nothing', async () => {
    const report = await run({ slots: 3, duration: { fromMs: 20_000, toMs: 20_000 } });
    expect(report.offences).toEqual([]);
    expect(report.maxLag?.lagMs).toBeGreaterThan(MINUTE);
  });
});
