import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { scaleDuration, scaleExpression, scaleRules } from './scale_rules.ts';

test.each([
  ['1m', 12, '5000ms'],
  ['1h30m', 30, '180000ms'],
  ['500ms', 2, '250ms'],
  ['3d', 12, '21600000ms'],
])('%s, %i times faster, is %s', (duration, factor, scaled) => {
  expect(scaleDuration(duration, factor)).toBe(scaled);
});

test('what is no duration is refused', () => {
  expect(() => scaleDuration('5', 2)).toThrow('no duration: 5');
  expect(() => scaleDuration('5 m', 2)).toThrow('no duration: 5 m');
});

test.each([
  ['increase(a_total[15m]) > 900', 'increase(a_total[75000ms]) > 900'],
  ['a offset 15m unless a offset -1h', 'a offset 75000ms unless a offset -300000ms'],
  ['avg_over_time(job:a:rate5m{long="5m"}[1h:1m])', 'avg_over_time(job:a:rate5m{long="5m"}[300000ms:5000ms])'],
  ['time() - a > 1800 and b * 60 > 2.5', 'time() - a > 1800 and b * 60 > 2.5'],
])('%s becomes %s', (expr, scaled) => {
  expect(scaleExpression(expr, 12)).toBe(scaled);
});

test('an expression that is none is refused', () => {
  expect(() => scaleExpression('increase(a[5m)', 12)).toThrow('not PromQL');
});

test('a file keeps all but its times', () => {
  const text = `groups:
  - name: g
    interval: 1m
    rules:
      - alert: A
        expr: rate(a_total[5m]) > 1
        for: 1m
        keep_firing_for: 2m
        labels: { long: 1h }
      - record: r:a:rate5m
        expr: a
`;
  expect(parse(scaleRules(text, 10))).toEqual({
    groups: [
      {
        name: 'g',
        interval: '6000ms',
        rules: [
          {
            alert: 'A',
            expr: 'rate(a_total[30000ms]) > 1',
            for: '6000ms',
            keep_firing_for: '12000ms',
            labels: { long: '1h' },
          },
          { record: 'r:a:rate5m', expr: 'a' },
        ],
      },
    ],
  });
});
