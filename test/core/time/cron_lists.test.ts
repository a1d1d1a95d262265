import { describe, expect, test } from 'vitest';
import { parseCron } from '../../../src/core/time/cron.ts';

const parse = (text: string) => parseCron(text, { seed: 'a' });

describe('two ways to write the same', () => {
  test.each([
    ['1,1 * * * *', '1 * * * *'],
    ['*/5,*/10 * * * *', '*/5 * * * *'],
    ['0-10,5-15 * * * *', '0-15 * * * *'],
    ['5/15 * * * *', '5,20,35,50 * * * *'],
    ['0 0 * JAN,3-5,Dec MON-fri', '0 0 * 1,3,4,5,12 1,2,3,4,5'],
    ['0 0 * * SUN,0,7', '0 0 * * 0'],
    ['0 0 * * 0-7', '0 0 * * 1-7'],
    ['007 08 * * *', '7 8 * * *'],
    ['  0\t0 * * *  ', '0 0 * * *'],
    ['0 */5 * * * *', '*/5 * * * *'],
    ['0 0 L,l * *', '0 0 L * *'],
  ])('%s is %s', (one, other) => {
    expect(parse(one)).toEqual(parse(other));
  });

  test('overlapping steps are merged', () => {
    const merged = Array.from({ length: 60 }, (_, minute) => minute).filter(
      (minute) => minute % 5 === 0 || minute % 7 === 0,
    );
    expect(parse('*/5,*/7 * * * *').minutes).toEqual(parse(`${merged.join(',')} * * * *`).minutes);
  });

  test.each(['*/60 * * * *', '0 */24 * * *', '0 0 */31 * *', '0 0 * */12 *', '0 0 * * */7', '0 15/24 * * *'])(
    '%s has a step as wide as its field, and is taken',
    (text) => {
      expect(() => parse(text)).not.toThrow();
    },
  );
});
