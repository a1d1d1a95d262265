import { describe, expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import { defineJob, jobRef, type JobRef, type Json, type LibraryClient, type RunContext } from 'belfry';

declare module 'belfry' {
  // oxlint-disable-next-line typescript/consistent-type-definitions -- declaration merging
  interface JobPayloads {
    'test/declared': { partner: string };
    'test/nothing': null;
  }
}

const poll = defineJob<{ partner: string; pages?: number }>({ run: () => null });
const checked = defineJob({ payload: z.object({ to: z.email() }), run: ({ payload }) => payload.to });
const changed = defineJob({
  payload: z.object({ at: z.string().transform((text) => new Date(text)), tries: z.number().default(3) }),
  run: ({ payload }) => payload.at.getTime() + payload.tries,
});
const pollRef = jobRef<typeof poll>('partners/poll');
const mailRef = jobRef<typeof checked>('mail');
type Enqueue = LibraryClient['enqueue'];

describe('a reference to a job', () => {
  test('is its name, and knows the payload of the job or the one that was said', () => {
    expect(pollRef).toBe('partners/poll');
    expectTypeOf(pollRef).toEqualTypeOf<JobRef<{ partner: string; pages?: number }>>();
    expectTypeOf(mailRef).toEqualTypeOf<JobRef<{ to: string }>>();
    expectTypeOf(jobRef<typeof changed>('changed')).toEqualTypeOf<JobRef<{ at: string; tries?: number | undefined }>>();
    expectTypeOf(jobRef<{ n: number }>('a')).toEqualTypeOf<JobRef<{ n: number }>>();
    expectTypeOf(jobRef('a')).toEqualTypeOf<JobRef<Json>>();
  });
});

/** Never called: what counts is what the compiler says of it. */
export async function typed(enqueue: Enqueue, client: LibraryClient): Promise<void> {
  await enqueue(pollRef, { partner: 'a' }, { delay: '1s' });
  // @ts-expect-error the payload has a partner
  await enqueue(pollRef, { partner: 1 });
  // @ts-expect-error the payload is needed
  await enqueue(pollRef);
  await enqueue('test/declared', { partner: 'a' });
  // @ts-expect-error a declared job takes what it declares
  await enqueue('test/declared', { partners: 'a' });
  await enqueue('test/nothing');
  await enqueue('any/other', { any: ['json'] });
  await enqueue('any/other');
  await client.enqueueMany(pollRef, [{ partner: 'a' }, { partner: 'b' }]);
  // @ts-expect-error one of them is not a payload
  await client.enqueueMany(pollRef, [{ partner: 'a' }, {}]);
  await client.enqueueBulk([
    { job: pollRef, payload: { partner: 'a' } },
    { job: mailRef, payload: { to: 'a@example.com' }, options: { priority: 9 } },
    { job: 'test/nothing' },
    { job: 'any/other', payload: 1 },
  ]);
  await client.enqueueBulk([
    { job: mailRef, payload: { to: 'a@example.com' } },
    // @ts-expect-error each entry is checked against its own job
    { job: pollRef, payload: { to: 'a@example.com' } },
  ]);
  const entries = ['a', 'b'].map((partner) => ({ job: 'test/declared' as const, payload: { partner } }));
  await client.enqueueBulk(entries);
}

/** Never called either: a handler is held to the same. */
export async function typedInside({ enqueue, enqueueMany, spawn, spawnMany }: RunContext): Promise<void> {
  await enqueue(pollRef, { partner: 'a' }, { delay: '1s' });
  // @ts-expect-error the payload has a partner
  await enqueue(pollRef, { partner: 1 });
  await enqueueMany('test/declared', [{ partner: 'a' }]);
  // @ts-expect-error a declared job takes what it declares
  await enqueueMany('test/declared', [{ partners: 'a' }]);
  await spawn('test/nothing');
  // @ts-expect-error the payload is needed
  await spawn(mailRef);
  await spawnMany(mailRef, [{ to: 'a@example.com' }], { key: 'mails' });
  await spawn('any/other', { any: ['json'] });
}
