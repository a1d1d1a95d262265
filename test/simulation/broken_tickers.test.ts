import { describe, expect, test } from 'vitest';
import { createTicker, type Ticker, type TickerDeps } from '../../src/scheduler/ticker.ts';
import { simulate } from '../../src/simulation/simulate.ts';
import type { FireEntry } from '../../src/store/schedules.ts';
import { startRedis } from '../support/redis.ts';
import { FROM, HOUR, MINUTE, MINUTELY, simulation } from '../support/simulations.ts';

const redis = await startRedis();
const BAD_MINUTE = FROM + 42 * MINUTE;

type Fire = TickerDeps['schedules']['fire'];

/** The real ticker with another way to commit. */
const committing =
  (broken: (fire: Fire) => Fire) =>
  ({ schedules, ...deps }: TickerDeps): Ticker =>
    createTicker({
      ...deps,
      schedules: { ...schedules, fire: broken((terms, entries) => schedules.fire(terms, entries)) },
    });

/** Changes what is committed for one fire time. */
const changing = (change: (entry: FireEntry) => FireEntry) =>
  committing(
    (fire) => (terms, entries) =>
      fire(
        terms,
        entries.map((entry) => (entry.fire?.fireTime === BAD_MINUTE ? change(entry) : entry)),
      ),
  );

async function offencesOf(broken: (deps: TickerDeps) => Ticker): Promise<string[]> {
  await redis.restart(); // it keeps nothing
  const request = simulation({ to: FROM + HOUR, jobs: [MINUTELY] });
  const { offences } = await simulate(request, { target: redis.target, createTicker: broken });
  expect(offences.every(({ schedule }) => schedule === 'minutely')).toBe(true);
  return offences.map(({ at, what }) => `${((at ?? 0) - FROM) / MINUTE}: ${what}`);
}

describe('the judge finds out a ticker', () => {
  test('not if it is the real one', async () => {
    expect(await offencesOf(createTicker)).toEqual([]);
  });

  test('that drops a fire time and goes on', async () => {
    const dropping = changing((entry) => ({ ...entry, fire: undefined, verdicts: '' }));
    expect(await offencesOf(dropping)).toEqual(['42: lost: it has no verdict']);
  });

  test('that writes a verdict and makes no run', async () => {
    const forgetting = changing((entry) => ({ ...entry, fire: undefined }));
    expect(await offencesOf(forgetting)).toEqual(['42: lost: its verdict is fired, and no run was made']);
  });

  test('that fires a minute that the rule does not name', async () => {
    const shifting = changing((entry) => ({ ...entry, fire: { fireTime: BAD_MINUTE + 7, how: 'ready' } }));
    expect(await offencesOf(shifting)).toEqual(
      expect.arrayContaining([
        '42: lost: its verdict is fired, and no run was made',
        expect.stringContaining('the rule names no fire time here') as string,
      ]),
    );
  });

  test('that commits twice, past the comparison with what it has read', async () => {
    const twice = committing((fire) => async (terms, entries) => {
      const answers = await fire(terms, entries);
      const again = entries.filter((entry) => entry.fire?.fireTime === BAD_MINUTE);
      if (again.length > 0)
        await fire(
          terms,
          again.map((entry) => ({ ...entry, expectedHead: entry.newHead })),
        );
      return answers;
    });
    expect(await offencesOf(twice)).toEqual(['42: twice: fired and fired']);
  });

  test('that stands still from some minute on', async () => {
    const stalling = ({ schedules, ...deps }: TickerDeps): Ticker =>
      createTicker({
        ...deps,
        schedules: {
          ...schedules,
          due: async (limit) => {
            const batch = await schedules.due(limit);
            return batch.now < BAD_MINUTE ? batch : { ...batch, due: [] };
          },
        },
      });
    const offences = await offencesOf(stalling);
    expect(offences[0]).toBe('42: lost: it has no verdict');
    expect(offences).toHaveLength(18);
  });
});
