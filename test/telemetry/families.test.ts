import { describe, expect, test } from 'vitest';
import { createFamilies, type Families } from '../../src/telemetry/exposition/families.ts';
import type { Format } from '../../src/telemetry/exposition/labels.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const MINUTE = 60_000;

function open(caps: Record<string, number> = {}) {
  const clock = { at: 0, now: () => 1_700_000_000_500, monotonic: () => clock.at };
  return { clock, families: createFamilies(clock, caps) };
}

const written = (families: Families, format: Format): string => Buffer.concat(families.write(format)).toString();
const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

describe('a histogram', () => {
  const spec = { name: 'took_seconds', help: 'It took.', labels: ['job_name'], buckets: [0.1, 1] };

  test('counts each observation in its bucket and in those above, the bounds included', () => {
    const { families } = open();
    const histogram = families.histogram(spec);
    for (const value of [0.05, 0.1, 0.5, 7]) histogram.observe(value, 'poll');
    expect(written(families, 'text')).toBe(
      [
        '# HELP took_seconds It took.',
        '# TYPE took_seconds histogram',
        'took_seconds_bucket{job_name="poll",le="0.1"} 2',
        'took_seconds_bucket{job_name="poll",le="1"} 3',
        'took_seconds_bucket{job_name="poll",le="+Inf"} 4',
        'took_seconds_sum{job_name="poll"} 7.65',
        'took_seconds_count{job_name="poll"} 4',
        '',
      ].join('\n'),
    );
    histogram.observe(0.5, 'poll');
    expect(written(families, 'text')).toContain('took_seconds_count{job_name="poll"} 5\n');
  });

  test('keeps the last trace of each bucket as an exemplar, in OpenMetrics alone, where the trace is sampled', () => {
    const { families } = open();
    const histogram = families.histogram(spec);
    histogram.observe(0.05, 'poll', `00-${TRACE}-${SPAN}-01`);
    histogram.observe(0.5, 'poll', `00-${TRACE}-${SPAN}-00`);
    expect(written(families, 'text')).not.toContain(TRACE);
    const found = lines(written(families, 'openmetrics'));
    expect(found[0]).toBe(
      `took_seconds_bucket{job_name="poll",le="0.1"} 1 # {trace_id="${TRACE}",span_id="${SPAN}"} 0.05 1700000000.5`,
    );
    expect(found[1]).toBe('took_seconds_bucket{job_name="poll",le="1"} 2');
  });

  test('is right in both formats in turns, a new exemplar and a count that rose in between included', () => {
    const { families } = open();
    const histogram = families.histogram(spec);
    const traced = (found: string): boolean => found.includes(TRACE);
    const count = (found: string): string | undefined => /_count\{job_name="poll"\} (\d+)/.exec(found)?.[1];
    histogram.observe(0.05, 'poll');
    histogram.observe(0.05, 'mail');
    for (const format of ['text', 'openmetrics', 'text'] as const)
      expect(traced(written(families, format))).toBe(false);
    histogram.observe(0.05, 'poll', `00-${TRACE}-${SPAN}-01`);
    for (let i = 3; i < 6; i += 1) {
      expect([traced(written(families, 'openmetrics')), traced(written(families, 'text'))]).toEqual([true, false]);
      expect(count(written(families, 'openmetrics'))).toBe(String(i - 1));
      histogram.observe(7, 'poll');
      expect(count(written(families, 'text'))).toBe(String(i));
    }
    expect(written(families, 'text')).toContain('took_seconds_count{job_name="mail"} 1\n');
  });

  test('without labels has none', () => {
    const { families } = open();
    families.histogram({ name: 'took_seconds', help: 'It took.', buckets: [1] }).observe(2);
    expect(lines(written(families, 'text'))).toEqual([
      'took_seconds_bucket{le="1"} 0',
      'took_seconds_bucket{le="+Inf"} 1',
      'took_seconds_sum 2',
      'took_seconds_count 1',
    ]);
  });
});

describe('labels', () => {
  test('are escaped, whatever a name holds', () => {
    const { families } = open();
    families.counter({ name: 'n_total', help: 'A "word"\\ and\na line.', labels: ['queue'] }).inc('a"b\\c\nd');
    const text = written(families, 'text');
    expect(text).toContain('n_total{queue="a\\"b\\\\c\\nd"} 1\n');
    expect(text).toContain('# HELP n_total A "word"\\\\ and\\na line.\n');
    expect(written(families, 'openmetrics')).toContain(
      '# HELP n A \\"word\\"\\\\ and\\na line.\n# TYPE n counter\nn_total{',
    );
  });

  test('beyond the cap are counted together, the same ones in every metric, and how many is told', () => {
    const { families } = open({ job_name: 2 });
    const runs = families.counter({ name: 'runs_total', help: 'Runs.', labels: ['job_name', 'outcome'] });
    const took = families.histogram({ name: 'took_seconds', help: 'Took.', labels: ['job_name'], buckets: [] });
    for (const job of ['a', 'b', 'c', 'd', 'c']) runs.inc(job, 'dead');
    took.observe(1, 'd');
    took.observe(1, 'a');
    expect(lines(written(families, 'text'))).toEqual([
      'runs_total{job_name="a",outcome="dead"} 1',
      'runs_total{job_name="b",outcome="dead"} 1',
      'runs_total{job_name="_other",outcome="dead"} 3',
      'took_seconds_bucket{job_name="_other",le="+Inf"} 1',
      'took_seconds_sum{job_name="_other"} 1',
      'took_seconds_count{job_name="_other"} 1',
      'took_seconds_bucket{job_name="a",le="+Inf"} 1',
      'took_seconds_sum{job_name="a"} 1',
      'took_seconds_count{job_name="a"} 1',
    ]);
    expect(families.fold('job_name')?.folded()).toBe(2);
  });

  test('stay bounded however many values come', () => {
    const { families } = open({ job_name: 10 });
    const runs = families.counter({ name: 'runs_total', help: 'Runs.', labels: ['job_name'] });
    for (let i = 0; i < 10_000; i += 1) runs.inc(`job-${String(i)}`);
    expect(lines(written(families, 'text'))).toHaveLength(11);
    expect(written(families, 'text')).toContain('runs_total{job_name="_other"} 9990\n');
  });
});

describe('what is gone', () => {
  test('is forgotten a quarter of an hour after its last event, and leaves its place to another', () => {
    const { families, clock } = open({ job_name: 1 });
    const runs = families.counter({ name: 'runs_total', help: 'Runs.', labels: ['job_name'] });
    const forget = (): void => families.forget('job_name', () => false);
    runs.inc('old');
    forget();
    clock.at += 10 * MINUTE;
    runs.inc('old');
    forget();
    clock.at += 14 * MINUTE;
    forget();
    expect(written(families, 'text')).toContain('runs_total{job_name="old"} 2\n');
    clock.at += 2 * MINUTE;
    forget();
    expect(lines(written(families, 'text'))).toEqual([]);
    runs.inc('new');
    expect(lines(written(families, 'text'))).toEqual(['runs_total{job_name="new"} 1']);
    // What comes back begins again at 0, which Prometheus takes for a restart.
    families.forget('job_name', () => false);
  });

  test('leaves no line of it, and what stays is as it was', () => {
    const { families, clock } = open();
    const runs = families.counter({ name: 'runs_total', help: 'Runs.', labels: ['job_name', 'outcome'] });
    for (const job of ['a', 'b', 'c']) runs.inc(job, 'dead');
    expect(lines(written(families, 'text'))).toHaveLength(3);
    const forget = (): void => families.forget('job_name', (name) => name !== 'b');
    forget();
    clock.at += 16 * MINUTE;
    forget();
    runs.inc('c', 'dead');
    const left = ['runs_total{job_name="a",outcome="dead"} 1', 'runs_total{job_name="c",outcome="dead"} 2'];
    expect(lines(written(families, 'text'))).toEqual(left);
    runs.open('a', 'succeeded');
    expect(lines(written(families, 'text'))).toEqual([
      left[0],
      'runs_total{job_name="a",outcome="succeeded"} 0',
      left[1],
    ]);
  });

  test('is kept while it is known, however idle', () => {
    const { families, clock } = open({ job_name: 5 });
    families.counter({ name: 'runs_total', help: 'Runs.', labels: ['job_name'] }).open('daily');
    for (let i = 0; i < 50; i += 1) {
      clock.at += 30 * MINUTE;
      families.forget('job_name', (name) => name === 'daily');
    }
    expect(lines(written(families, 'text'))).toEqual(['runs_total{job_name="daily"} 0']);
  });

  test('gives its place up also where nothing was ever counted of it', () => {
    const { families } = open({ queue: 1 });
    families.gauge({ name: 'depth', help: 'Depth.', labels: ['queue'] });
    expect(families.fold('queue')?.admit('a')).toBe('a');
    expect(families.fold('queue')?.admit('b')).toBe('_other');
    families.forget('queue', (name) => name === 'b');
    expect(families.fold('queue')?.admit('b')).toBe('b');
  });
});
