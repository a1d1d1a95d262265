import { describe, expect, test } from 'vitest';
import type { DstSpec } from '../../../src/core/job.ts';
import { VIXIE, compileDst, dayMatchOf, dstRuleOf, parseDstPolicy } from '../../../src/core/time/dst.ts';
import type { CronFacts } from '../../../src/core/time/dst.ts';
import { refused } from './refused.ts';

function facts(cron: string): CronFacts {
  const [second = '', minute = '', hour = '', dayOfMonth = '', month = '', dayOfWeek = ''] = cron.split(' ');
  return { fields: { second, minute, hour, dayOfMonth, month, dayOfWeek } };
}

describe('the text of a policy', () => {
  test.each<[DstSpec | undefined, string | undefined]>([
    [undefined, undefined],
    ['vixie', undefined],
    ['cronos', 'cronos'],
    ['quartz', 'quartz'],
    ['kubernetes', 'kubernetes'],
    [{ gap: 'shift', overlap: 'both', dayMatch: 'and' }, 'shift both and'],
    [{ gap: 'skip', overlap: 'last', dayMatch: 'or' }, 'skip last or'],
    [{ gap: 'transition', overlap: 'first' }, 'transition first'],
    [{ preset: 'vixie', dayMatch: 'and' }, 'vixie and'],
    [{ preset: 'quartz', dayMatch: 'or' }, 'quartz or'],
  ])('of %j is %s', (spec, text) => {
    expect(compileDst(spec, 'schedule.dst')).toBe(text);
    expect(() => parseDstPolicy(text)).not.toThrow();
  });

  test.each([
    ['vixi', 'dst', 'did you mean vixie?'],
    ['Quartz', 'dst', 'did you mean quartz?'],
    ['shift both', 'dst', 'one of vixie, cronos, quartz, kubernetes'],
    [7, 'dst', 'one of vixie, cronos, quartz, kubernetes'],
    [null, 'dst', 'one of vixie, cronos, quartz, kubernetes'],
    [['vixie'], 'dst', 'one of vixie, cronos, quartz, kubernetes'],
    [{ gap: 'jump', overlap: 'both' }, 'dst.gap', 'one of transition, shift, skip'],
    [{ preset: 'vixi', dayMatch: 'and' }, 'dst.preset', 'did you mean'],
    [{ preset: 'vixie' }, 'dst.dayMatch', 'one of or, and'],
    [{ preset: 'vixie', gap: 'skip', dayMatch: 'or' }, 'dst.gap', 'dst takes preset, dayMatch'],
    [{ gap: 'skip' }, 'dst.overlap', 'one of first, last, both'],
    [{ gap: 'skip', overlap: 'both', dayMatch: 'either' }, 'dst.dayMatch', 'one of or, and'],
    [{ gap: 'skip', overlap: 'both', days: 'and' }, 'dst.days', 'dst takes gap, overlap, dayMatch'],
  ])('is not made of %j: %s', (spec, field, hint) => {
    const error = refused(() => compileDst(spec as DstSpec, 'dst'));
    expect(error).toMatchObject({ code: 'BAD_SCHEDULE', field });
    expect(error.hint).toContain(hint);
  });

  test.each([
    '',
    'vixie ',
    'skip',
    'skip both or and',
    'both skip',
    'skip both xor',
    'vixie xor',
    'vixie and or',
    '__proto__',
  ])('that nothing wrote is refused: %j', (text) => {
    expect(refused(() => parseDstPolicy(text)).code).toBe('BAD_SCHEDULE');
  });
});

describe('what a policy makes of an expression', () => {
  test.each([
    ['vixie', '0 30 2 * * *', 'transition', 'first'],
    ['vixie', '* 30 2 * * *', 'transition', 'first'],
    ['vixie', '0 */5 2 * * *', 'skip', 'both'],
    ['vixie', '0 30 *,2 * * *', 'skip', 'both'],
    ['vixie', '0 30 2,* * * *', 'transition', 'first'],
    ['vixie', '0 H/5 2 * * *', 'skip', 'both'],
    ['cronos', '0 30 2 * * *', 'transition', 'first'],
    ['cronos', '0 0,30 2,3 */2 1-3 1-5', 'transition', 'first'],
    ['cronos', '* 30 2 * * *', 'transition', 'both'],
    ['cronos', '0 0-5 2 * * *', 'transition', 'both'],
    ['cronos', '0 30 2/1 * * *', 'transition', 'both'],
    ['quartz', '0 * * * * ?', 'skip', 'last'],
    ['kubernetes', '0 30 2 * * *', 'skip', 'both'],
    ['shift last', '0 * * * * *', 'shift', 'last'],
    ['vixie and', '0 */5 2 * * *', 'skip', 'both'],
    ['vixie and', '0 30 2 * * *', 'transition', 'first'],
  ])('%s, %s: gap %s, overlap %s', (text, cron, gap, overlap) => {
    expect(dstRuleOf(parseDstPolicy(text), facts(cron))).toEqual({ gap, overlap });
  });

  test.each([
    ['vixie', '0 0 0 1 * 1', 'or'],
    ['vixie', '0 0 0 */2 * 1', 'and'],
    ['vixie', '0 0 0 2,* * 1', 'or'],
    ['cronos', '0 0 0 1 * 1', 'and'],
    ['quartz', '0 0 0 1 * ?', 'and'],
    ['kubernetes', '0 0 0 1 * 1', 'or'],
    ['kubernetes', '0 0 0 */2 * 1', 'or'],
    ['kubernetes', '0 0 0 */1 * 1', 'and'],
    ['kubernetes', '0 0 0 2,* * 1', 'and'],
    ['kubernetes', '0 0 0 ? * 1', 'and'],
    ['skip both', '0 0 0 */2 * 1', 'and'],
    ['skip both or', '0 0 0 */2 * 1', 'or'],
    ['skip both and', '0 0 0 1 * 1', 'and'],
    ['vixie and', '0 0 0 1 * 1', 'and'],
    ['quartz or', '0 0 0 1 * 1', 'or'],
  ])('%s, %s: days by %s', (text, cron, dayMatch) => {
    expect(dayMatchOf(parseDstPolicy(text), facts(cron))).toBe(dayMatch);
  });

  test('vixie is what a rule without a policy has', () => {
    expect(parseDstPolicy(undefined)).toBe(VIXIE);
    expect(parseDstPolicy('vixie')).toBe(VIXIE);
  });
});
