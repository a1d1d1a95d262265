import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BelfryError } from '../../../src/core/errors.ts';
import { parseCron } from '../../../src/core/time/cron.ts';
import { hasBothDayFields, splitCronZone } from '../../../src/core/time/cron_split.ts';
import { describeCron } from '../../../src/core/time/words.ts';
import { compileUnlessRefused } from './compiled.ts';
import { cronTexts } from './cron_noise.ts';

const TEXTS = 1_000_000;
const SLICES = 10;
const LONGEST_PARSE_MS = 5;

describe('of a million texts, expressions whole and wounded, and noise,', () => {
  // Most are refused, and half the time of a refusal goes into a stack that nobody reads here.
  const { stackTraceLimit } = Error;
  beforeAll(() => {
    Error.stackTraceLimit = 0;
  });
  afterAll(() => {
    Error.stackTraceLimit = stackTraceLimit;
  });

  test.each(Array.from({ length: SLICES }, (_, slice) => slice + 1))(
    'in slice %i each is parsed or refused with a coded error, in 5 ms',
    (slice) => {
      const texts = cronTexts(slice);
      let parsed = 0;
      for (let count = 0; count < TEXTS / SLICES; count++) {
        const text = texts.next();
        const { outcome, elapsedMs } = parseTimed(text);
        if (outcome === 'parsed') parsed++;
        else if (!isProperRefusal(outcome)) expect.unreachable(`${JSON.stringify(text)}: ${String(outcome)}`);
        if (elapsedMs > LONGEST_PARSE_MS) expect(fastestParseMs(text), text).toBeLessThan(LONGEST_PARSE_MS);
      }
      expect(parsed).toBeGreaterThan(TEXTS / SLICES / 10);
    },
    60_000,
  );

  test('none is too odd for words, or to look for a zone and for day fields', () => {
    const texts = cronTexts(SLICES + 1);
    for (let count = 0; count < 10_000; count++) {
      const text = texts.next();
      const words = describeCron(text, { seed: 'a' });
      expect(words).toMatch(/^\S.{3,199}$/u);
      expect(words, text).not.toMatch(/undefined|NaN|null/);
      expect(splitCronZone(text).text).toHaveLength(text.length);
      expect([true, false]).toContain(hasBothDayFields(text));
    }
  }, 60_000);

  test('what is parsed has an answer from any instant, and the way back leads to it', () => {
    const texts = cronTexts(SLICES + 2);
    let walked = 0;
    while (walked < 1_000) {
      const timing = compileUnlessRefused({ c: texts.next(), z: 'America/New_York' });
      if (timing === undefined) continue;
      const from = (walked * 7_919 * 86_400_000) % Date.UTC(2199, 0);
      const next = timing.next(from);
      if (next === undefined) expect(timing.next(Date.UTC(2199, 11, 31, 23, 59, 59))).toBeUndefined();
      else expect(timing.previous(next + 1)).toBe(next);
      walked++;
    }
  }, 60_000);
});

test('any text at all is parsed, or refused with a coded error', () => {
  const property = fc.property(fc.string({ maxLength: 300, unit: 'binary' }), (text) => {
    const { outcome } = parseTimed(text);
    expect(outcome === 'parsed' || isProperRefusal(outcome)).toBe(true);
  });
  fc.assert(property, { numRuns: 4_000 });
});

test('the longest lists are parsed in 5 ms', () => {
  const longest = ['0-1,1-2,', '*/2,*/3,', 'H(0-9),H/7,', '5/9,1-8/3,', '50-10/3,59-0,'].map((item) =>
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
    expect(Math.min(...elapsed), list).toBeLessThan(LONGEST_PARSE_MS);
  }
});

function parseTimed(text: string): { outcome: unknown; elapsedMs: number } {
  const before = performance.now();
  try {
    parseCron(text, { seed: 'a' });
    return { outcome: 'parsed', elapsedMs: performance.now() - before };
  } catch (error) {
    return { outcome: error, elapsedMs: performance.now() - before };
  }
}

/** A busy machine may hold us up once or twice; a slow parse is slow each time. */
function fastestParseMs(text: string): number {
  return Math.min(...Array.from({ length: 5 }, () => parseTimed(text).elapsedMs));
}

/** "cannot be read" would say that something reached cron-parser which we should have refused with a reason. */
function isProperRefusal(error: unknown): boolean {
  if (!(error instanceof BelfryError) || error.code !== 'BAD_CRON' || error.field !== 'cron') return false;
  return (error.hint ?? '') !== '' && !error.message.includes('cannot be read');
}
