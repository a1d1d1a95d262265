import { expect, test } from 'vitest';
import { createOutage } from '../../src/simulation/outage.ts';
import { reportOn } from '../../src/simulation/verdict_report.ts';
import { createTally, type World } from '../../src/simulation/world.ts';
import { FROM, simulation } from '../support/simulations.ts';

const worldWith = (tally: Partial<World['tally']>): Pick<World, 'request' | 'tally'> => ({
  request: simulation(),
  tally: { ...createTally(), ...tally },
});
const NOTHING = { expected: [], evidence: new Map(), starts: new Map() };

test('a write of a leader that had been replaced is an offence when it was taken', () => {
  const { offences } = reportOn(worldWith({ acceptedWrites: ['replica-1 at noon'] }), NOTHING);
  expect(offences.map(({ what }) => what)).toEqual([
    'a write of a leader that had been replaced was taken: replica-1 at noon',
  ]);
});

test('a schedule that was taken out or had to be repaired is an offence', () => {
  const quarantined = [{ schedule: 'bad', reason: 'no such zone' }];
  const { offences } = reportOn(worldWith({ quarantined, repaired: 2 }), NOTHING);
  expect(offences).toEqual([
    { schedule: 'bad', at: undefined, what: 'taken out: no such zone' },
    { schedule: '-', at: undefined, what: '2 schedules had fallen out of the due times, and the sweep put them back' },
  ]);
});

test('calls pass again at the end of the last of several pauses that overlap', () => {
  const outage = createOutage([
    { from: FROM + 10, until: FROM + 20 },
    { from: FROM + 20, until: FROM + 30 },
    { from: FROM + 50, until: FROM + 60 },
  ]);
  expect([0, 10, 19, 20, 29].map((ms) => outage.endAt(FROM + ms))).toEqual([
    undefined,
    FROM + 30,
    FROM + 30,
    FROM + 30,
    FROM + 30,
  ]);
  expect(outage.endAt(FROM + 30)).toBeUndefined();
  expect(() => outage.assertOpen(FROM + 55)).toThrow('paused by the simulation');
});

test('a call that was on its way passes at the beginning of a pause, and at no other instant of it', async () => {
  const outage = createOutage([{ from: FROM, until: FROM + 10 }]);
  const call = (instant: number) => (): Promise<string> => {
    outage.assertOpen(instant);
    return Promise.resolve('passed');
  };
  await expect(outage.underWay(FROM, call(FROM))).resolves.toBe('passed');
  expect(call(FROM)).toThrow('paused by the simulation');
  expect(() => outage.underWay(FROM + 5, call(FROM + 5))).toThrow('paused by the simulation');
});
