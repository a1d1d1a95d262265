import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BelfryError } from '../../../src/core/errors.ts';
import { parseCron } from '../../../src/core/time/cron.ts';
import { compileTiming } from '../../../src/core/time/timing.ts';

const pieces = [
  '*',
  '?',
  '/',
  '-',
  ',',
  '#',
  'L',
  'W',
  'H',
  'H(',
  ')',
  '(',
  '0',
  '1',
  '5',
  '7',
  '31',
  '59',
  '60',
  ' ',
  ' ',
  ' ',
];
const words = [
  'JAN',
  'feb',
  'MON',
  'sun',
  '@',
  '@every ',
  '@daily',
  'CRON_TZ=',
  '~',
  '.',
  '\t',
  '\u0000',
  '\u00A0',
  '🕰',
];

const nearCron = fc.array(fc.constantFrom(...pieces, ...words), { maxLength: 40 }).map((parts) => parts.join(''));
const field = fc.array(fc.constantFrom(...pieces.filter((piece) => piece !== ' '), ...words.slice(0, 4)), {
  minLength: 1,
  maxLength: 5,
});
const oneField = fc.tuple(field, fc.nat(4)).map(([parts, position]) => {
  const fields = ['*', '*', '*', '*', '*'];
  fields[position] = parts.join('');
  return fields.join(' ');
});

describe.each([
  ['any text', fc.string({ maxLength: 300, unit: 'binary' })],
  ['text that looks like cron', nearCron],
  ['a field of cron characters among stars', oneField],
])('%s', (_, texts) => {
  test('is parsed, or refused with a coded error that names the field and says what would be right', () => {
    const property = fc.property(texts, (text) => {
      try {
        parseCron(text, { seed: 'a' });
      } catch (error) {
        expect(error).toBeInstanceOf(BelfryError);
        expect(error).toMatchObject({ code: 'BAD_CRON', field: 'cron' });
        expect((error as BelfryError).hint).toBeTruthy();
        expect((error as BelfryError).message).not.toContain('cannot be read');
      }
    });
    fc.assert(property, { numRuns: 4_000 });
  });
});

test('what is parsed has an answer from any instant', () => {
  let parsed = 0;
  const property = fc.property(oneField, fc.double(), (text, instant) => {
    const timing = compileUnlessRefused(text);
    for (const answer of [timing?.next(instant), timing?.previous(instant)]) {
      expect(answer === undefined || Number.isSafeInteger(answer)).toBe(true);
    }
    if (timing !== undefined) parsed++;
  });
  fc.assert(property, { numRuns: 2_000 });
  expect(parsed).toBeGreaterThan(50);
});

test('the longest lists are parsed in 5 ms', () => {
  const longest = ['0-1,1-2,', '*/2,*/3,', 'H(0-9),H/7,', '5/9,1-8/3,'].map((item) =>
    item
      .repeat(80)
      .slice(0, 240)
      .replace(/,[^,]*$/, ''),
  );
  for (const list of longest) {
    const elapsed = [1, 2, 3, 4, 5].map((round) => {
      const before = performance.now();
      parseCron(`${list} * * * *`, { seed: `round ${round}` });
      return performance.now() - before;
    });
    expect(Math.min(...elapsed), list).toBeLessThan(5);
  }
});

function compileUnlessRefused(text: string): ReturnType<typeof compileTiming> | undefined {
  try {
    return compileTiming({ c: text, z: 'America/New_York' }, 'a');
  } catch {
    return undefined;
  }
}
