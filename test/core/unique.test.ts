import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileJob } from '../../src/core/compile_job.ts';
import type { Json } from '../../src/core/job.ts';
import { recordOf } from '../../src/core/job_record.ts';
import { boundsOf, instantsOf, lastsAtMost } from '../../src/core/start_bounds.ts';
import {
  canonicalJson,
  compileUnique,
  packUnique,
  uniqueKeyOf,
  unpackUnique,
  withoutCode,
} from '../../src/core/unique.ts';

const site = { code: 'BAD_USAGE' as const, field: 'unique' };
const digest = (text: string): string => text;
const shuffled = (value: Json): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([key, part]) => [key, shuffled(part)]),
      )
    : value;

describe('a unique rule', () => {
  test('is read with its lengths in ms and its key as a template', () => {
    const key = (p: { invoice: string }) => `invoice:${p.invoice}`;
    expect(compileUnique({ key, mode: 'debounce', for: '5s', maxWait: '1m' }, site)).toEqual({
      mode: 'debounce',
      key: 'invoice:{invoice}',
      forMs: 5_000,
      maxWaitMs: 60_000,
    });
    expect(compileUnique({}, site)).toEqual({ mode: 'unique' });
  });

  test('may begin with words that are kept for limits', () => {
    expect(compileUnique({ key: 'job:{id}' }, site)).toMatchObject({ key: 'job:{id}' });
  });

  test.each([
    ['no object', true, 'unique is not an object'],
    ['an unknown field', { until: 1 }, 'until'],
    ['an unknown mode', { mode: 'once' }, 'unique.mode'],
    ['a key that is none', { key: '{' }, 'unique.key'],
    ['a throttle without a length', { mode: 'throttle' }, 'without a `for`'],
    ['a debounce without a length', { mode: 'debounce' }, 'without a `for`'],
    ['a length of nothing', { mode: 'throttle', for: 0 }, 'for of nothing'],
    ['a length that replace has no use for', { mode: 'replace', for: 1 }, 'with a `for`'],
    ['a maxWait without a debounce', { maxWait: '1s' }, 'goes with mode debounce'],
    ['a maxWait below its length', { mode: 'debounce', for: '5s', maxWait: '1s' }, 'below its `for` of 5s'],
  ])('is refused for %s', (_, spec, message) => {
    expect(() => compileUnique(spec, site)).toThrow(expect.objectContaining({ code: 'BAD_USAGE' }));
    expect(() => compileUnique(spec, site)).toThrow(message);
  });

  test('of a job is refused as the job is', () => {
    const broken = { run: () => null, unique: { mode: 'throttle' } };
    expect(() => compileJob('a', broken)).toThrow(expect.objectContaining({ code: 'BAD_JOB', field: 'unique' }));
  });

  test('is in the record of its job, and nothing of it in that of another', () => {
    const record = recordOf(
      compileJob('a', { run: () => null, unique: { key: 'x:{x}' }, deadline: '1m', expiry: '1h' }),
    );
    expect(record).toMatchObject({
      unique: { mode: 'unique', key: 'x:{x}' },
      bounds: { deadlineMs: 60_000, expiryMs: 3_600_000 },
    });
    expect(Object.keys(recordOf(compileJob('a', { run: () => null })))).not.toEqual(
      expect.arrayContaining(['unique', 'bounds']),
    );
  });
});

describe('the key of a payload', () => {
  test('is what its template says, and none where the payload lacks a field', () => {
    const rule = compileUnique({ key: 'invoice:{invoice}' }, site);
    expect(uniqueKeyOf(rule, { invoice: 'a b' }, digest)).toBe('invoice:a%20b');
    expect(uniqueKeyOf(rule, {}, digest)).toBeUndefined();
  });

  test('without a template is the same for equal payloads, in whatever order their fields are', () => {
    const property = fc.property(fc.jsonValue(), (value) => {
      const payload = JSON.parse(JSON.stringify(value)) as Json;
      expect(canonicalJson(shuffled(payload))).toBe(canonicalJson(payload));
      expect(JSON.parse(canonicalJson(payload))).toEqual(payload);
    });
    fc.assert(property);
    expect(canonicalJson({ b: [{ d: 1, c: 2 }], a: null })).toBe('{"a":null,"b":[{"c":2,"d":1}]}');
  });

  test('is never the one of a template without a template', () => {
    expect(uniqueKeyOf({ mode: 'unique' }, 1, digest)).toBe('#1');
    expect(uniqueKeyOf({ mode: 'unique', key: '#1' }, 1, digest)).toBe('%231');
  });

  test.each(['unique', 'throttle', 'debounce', 'replace'] as const)('is carried with its mode %s', (mode) => {
    expect(unpackUnique(packUnique({ mode }, 'x'))).toEqual({ mode, key: 'x' });
  });

  test('can be handed to another thread', () => {
    const options = {
      delay: 1,
      unique: { key: (p: Json) => `x:${(p as { x: string }).x}`, mode: 'replace' as const },
    };
    expect(withoutCode(options)).toEqual({ delay: 1, unique: { key: 'x:{x}', mode: 'replace' } });
  });
});

describe('the bounds of a run', () => {
  test('are those of its enqueue, else those of its job', () => {
    const job = { deadlineMs: 1_000, expiryMs: 2_000 };
    expect(boundsOf({}, job)).toEqual({ startWithinMs: 1_000, expiryMs: 2_000 });
    expect(boundsOf({ deadline: '5s', expiry: '1m' }, job)).toEqual({ startWithinMs: 5_000, expiryMs: 60_000 });
    expect(boundsOf({ deadline: '2026-03-01T09:00:00+01:00' })).toEqual({ deadline: Date.UTC(2026, 2, 1, 8) });
    expect(boundsOf({})).toEqual({});
  });

  test.each([
    ['an instant nobody knows the zone of', { deadline: '2026-03-01T09:00:00' }, 'BAD_USAGE'],
    ['a length of nothing', { deadline: 0 }, 'BAD_USAGE'],
    ['what is neither', { deadline: 'soon' }, 'BAD_DURATION'],
    ['an expiry of nothing', { expiry: '0s' }, 'BAD_USAGE'],
  ])('are refused for %s', (_, options, code) => {
    expect(() => boundsOf(options)).toThrow(expect.objectContaining({ code }));
  });

  test('are instants counted from the fire time', () => {
    expect(instantsOf({ fireTime: 100, extras: 'd=300;w=50;x=1000' })).toEqual({ startBy: 150, endBy: 1_100 });
    expect(instantsOf({ fireTime: 100, extras: 'd=300;a=1' })).toEqual({ startBy: undefined, endBy: undefined });
    expect(instantsOf({ fireTime: 100, extras: '' })).toEqual({ startBy: undefined, endBy: undefined });
  });

  test('leave an attempt the rest of the expiry', () => {
    expect(lastsAtMost({ fireTime: 100, extras: 'x=1000' }, 400)).toBe(700);
    expect(lastsAtMost({ fireTime: 100, extras: 'x=1000' }, 5_000)).toBe(0);
    expect(lastsAtMost({ fireTime: 100, extras: '' }, 400)).toBe(Infinity);
  });

  test.each([
    ['maxSnoozes', { maxSnoozes: -1 }],
    ['deadline', { deadline: '0s' }],
    ['expiry', { expiry: 0 }],
  ])('of a job are refused by the name of the field: %s', (field, spec) => {
    expect(() => compileJob('a', { run: () => null, ...spec })).toThrow(expect.objectContaining({ field }));
  });
});
