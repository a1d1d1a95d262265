import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { compilePayloadSchema } from '../../src/core/payload_schema.ts';
import type { Json } from '../../src/core/job.ts';

const JSON_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['partner'],
  properties: {
    partner: { type: 'string', minLength: 2 },
    mode: { enum: ['full', 'delta'] },
    'a/b~c': { type: 'number' },
    items: { type: 'array', items: { type: 'object', properties: { id: { type: 'integer' } } } },
  },
};

describe('a JSON Schema', () => {
  const validate = compilePayloadSchema(JSON_SCHEMA, 'poll');

  test('hands a payload that fits on as it is', () => {
    const payload = { partner: 'acme', mode: 'full' };
    expect(validate(payload)).toBe(payload);
  });

  test.each<[Json, string, RegExp]>([
    [{}, 'payload.partner', /is required/],
    [{ partner: 5 }, 'payload.partner', /must be string/],
    [{ partner: 'a' }, 'payload.partner', /fewer than 2/],
    [{ partner: 'acme', mode: 'half' }, 'payload.mode', /one of \["full","delta"\]/],
    [{ partner: 'acme', extra: 1 }, 'payload.extra', /not a known property/],
    [{ partner: 'acme', 'a/b~c': 'x' }, 'payload.a/b~c', /must be number/],
    [{ partner: 'acme', items: [{ id: 1 }, { id: 1.5 }] }, 'payload.items.1.id', /must be integer/],
    [null, 'payload', /must be object/],
  ])('refuses %j at %s', (payload, field, expected) => {
    expect(() => validate(payload)).toThrow(
      expect.objectContaining({ code: 'BAD_PAYLOAD', field, message: expect.stringMatching(expected) as string }),
    );
  });

  test('may name draft 07 or 2020-12', () => {
    const schema = { type: 'array', items: { type: 'number' } };
    for (const $schema of ['http://json-schema.org/draft-07/schema#', 'https://json-schema.org/draft/2020-12/schema']) {
      expect(() => compilePayloadSchema({ $schema, ...schema }, 'a')(['x'])).toThrow(/payload.0: must be number/);
    }
  });

  test.each([[{ type: 'objekt' }], [{ $ref: '#/nowhere' }], ['text'], [[]], [null], [5]])(
    'that is none (%j) is refused',
    (schema) => {
      expect(() => compilePayloadSchema(schema, 'a')).toThrow(
        expect.objectContaining({ code: 'BAD_JOB', field: 'payload' }),
      );
    },
  );
});

describe('a Standard Schema', () => {
  const schema = z.object({
    partner: z.string(),
    at: z.coerce.date().optional(),
    items: z.array(z.number()).default([]),
  });

  test('may change the payload: defaults and coercion', () => {
    const validate = compilePayloadSchema(schema, 'a');
    expect(validate({ partner: 'x', at: '2026-01-01' })).toEqual({
      partner: 'x',
      at: new Date('2026-01-01'),
      items: [],
    });
  });

  test('that refuses names the field', () => {
    expect(() => compilePayloadSchema(schema, 'a')({ partner: 'x', items: [1, 'two'] })).toThrow(
      expect.objectContaining({ code: 'BAD_PAYLOAD', field: 'payload.items.1' }),
    );
  });

  test('may answer later', async () => {
    const slow = z.string().refine((text) => Promise.resolve(text === 'yes'), 'is not yes');
    const validate = compilePayloadSchema(slow, 'a');
    expect(await validate('yes')).toBe('yes');
    await expect(validate('no')).rejects.toMatchObject({ code: 'BAD_PAYLOAD', message: 'payload: is not yes' });
  });
});

test('without a schema every payload fits', () => {
  const payload = { anything: [1, null] };
  expect(compilePayloadSchema(undefined, 'a')(payload)).toBe(payload);
});
