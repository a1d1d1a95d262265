import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LAST_SPAN, offsetAt, openZone } from '../../../src/core/time/zone.ts';
import { refused } from './refused.ts';
import { wallClockOf } from './wall_clock_model.ts';

const zones = Intl.supportedValuesOf('timeZone');
const end = Date.UTC(2200, 0, 1) - 1;

describe('the offset of a zone', () => {
  test('is what Intl formats, in any zone at any instant from 1970 to 2199', () => {
    const property = fc.property(fc.constantFrom(...zones), fc.integer({ min: 0, max: end }), (name, at) => {
      expect(offsetAt(openZone(name), at), name).toBe(wallClockOf(name)(at) * 1_000 - Math.floor(at / 1_000) * 1_000);
    });
    fc.assert(property, { numRuns: 1_500 });
  });

  test.each(['Africa/Casablanca', 'Asia/Gaza', 'America/Noronha', 'Africa/Monrovia'])(
    'is right on each day of 230 years in %s',
    (name) => {
      const zone = openZone(name);
      const clock = wallClockOf(name);
      const wrong: string[] = [];
      for (let at = 0; at <= end; at += 86_400_000) {
        if (offsetAt(zone, at) !== clock(at) * 1_000 - at) wrong.push(new Date(at).toISOString());
      }
      expect(wrong).toEqual([]);
    },
  );

  test.each(['Africa/Casablanca', 'Australia/Lord_Howe', 'Pacific/Apia', 'America/New_York'])(
    'changes in %s in the very second in which Intl changes it',
    (name) => {
      const clock = wallClockOf(name);
      const offset = (instantS: number): number => clock(instantS * 1_000) - instantS;
      const segments = Array.from({ length: LAST_SPAN + 1 }, (_, span) => openZone(name).segments(span)).flat();
      for (const segment of segments) {
        expect([offset(segment.start), offset(segment.end - 1)]).toEqual([segment.offset, segment.offset]);
      }
      expect(segments.slice(1).map(({ start }) => start)).toEqual(segments.slice(0, -1).map((segment) => segment.end));
      expect(segments.length).toBeGreaterThan(LAST_SPAN + 10);
    },
  );

  test('is that of the nearest end outside these years', () => {
    expect(offsetAt(openZone('Europe/Paris'), -1e15)).toBe(3_600_000);
    expect(offsetAt(openZone('Europe/Paris'), 1e15)).toBe(3_600_000);
  });
});

describe('the name of a zone', () => {
  test('is read in any letter case', () => {
    expect(openZone('america/NEW_york')).toBe(openZone('America/New_York'));
  });

  test.each([
    ['America/New_Yrok', 'did you mean America/New_York?'],
    ['america/new york', 'did you mean America/New_York?'],
    ['Berlin', 'did you mean Europe/Berlin?'],
    ['UTCC', 'did you mean UTC?'],
    ['Middle-earth/Mordor', 'an IANA name'],
    ['+02:00', 'an IANA name'],
    ['', 'an IANA name'],
    ['x'.repeat(1_000), 'an IANA name'],
    ['__proto__', 'an IANA name'],
  ])('%j is refused: %s', (name, right) => {
    const error = refused(() => openZone(name, 'schedule.timezone'));
    expect(error).toMatchObject({ code: 'BAD_SCHEDULE', field: 'schedule.timezone' });
    expect(error.hint).toContain(right);
  });

  test('that is no text is refused', () => {
    expect(refused(() => openZone(5 as unknown as string)).code).toBe('BAD_SCHEDULE');
  });
});
