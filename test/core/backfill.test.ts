import fc from 'fast-check';
import { expect, test } from 'vitest';
import { catchUpId, packBackfill, unpackBackfill, type Backfill, type BackfillSpec } from '../../src/core/backfill.ts';
import { jobOf, scheduleIdOf } from '../../src/core/schedule_id.ts';

const specs: fc.Arbitrary<BackfillSpec> = fc.record(
  {
    rate: fc.tuple(fc.nat(), fc.nat()),
    schedule: fc.stringMatching(/^[a-z/]{1,20}(:[a-z@.=+]{1,20})?$/),
    kind: fc.constantFrom('catch-up', 'backfill'),
    from: fc.nat(),
    to: fc.nat(),
    overlap: fc.constantFrom('allow', 'skip', 'buffer-all'),
    ruleJson: fc.jsonValue().map((p) => JSON.stringify({ c: '* * * * *', p })),
    at: fc.nat(),
    note: fc.string(),
    cancelled: fc.nat(),
  },
  { requiredKeys: ['rate', 'schedule', 'kind', 'from', 'to', 'overlap', 'ruleJson', 'at'] },
);
const backfills: fc.Arbitrary<Backfill> = fc.record({
  id: fc.constant('b'),
  cursor: fc.nat(),
  released: fc.nat(),
  spec: specs,
});

test('a backfill reads back as it was written, with its schedule in front', () => {
  fc.assert(
    fc.property(backfills, (backfill) => {
      const packed = packBackfill(backfill);
      expect(unpackBackfill('b', packed)).toEqual(backfill);
      expect(packed).toMatch(/^\d+ \d+ \{"schedule":"/);
    }),
  );
});

test('a catch-up is told by its schedule and its first fire time', () => {
  expect(catchUpId('partners/poll', 60_000)).toBe('partners/poll!60000');
});

test('the id of a schedule tells its job, with a key or without', () => {
  expect(jobOf('partners/poll')).toBe('partners/poll');
  expect(scheduleIdOf('partners/poll', 'user=7')).toBe('partners/poll:user=7');
  expect(jobOf(scheduleIdOf('partners/poll', 'user=7'))).toBe('partners/poll');
});
