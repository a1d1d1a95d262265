import { expect } from 'vitest';
import type { ShardStore } from '../../src/store/store.ts';

const KEEP = { count: 100, bytes: 1e6 };

/** What waits for runs, on one shard, through every script behind it: jobs after jobs, children, batches, messages. */
export async function liveThroughKin(store: ShardStore, name: string): Promise<void> {
  const { runs, outbox, dependencies, children, batches, leadership, shard } = store;
  const child = `${name}-child`;
  const head = `${child} kin 5 p 0 0 0 `;
  const place = { shard: shard.index, queue: 'kin', lane: `5:${child}`, delayMs: 0 };
  const after = new Map([[child, `all 0000 kin 5:${child} ${name} ${head}null`]]);
  const dependents = new Map([[name, `${child} ${String(shard.index)} s`]]);
  expect(await dependencies.save({ dependents, after })).toBe('changed');
  expect(await dependencies.save({ dependents, after })).toBe('same');

  const parent = `${name}-parent`;
  const group = { ...place, lane: `5:${name}`, head: `${name} kin 5 p 0 0 0 `, firstId: parent, payloads: ['1'] };
  await runs.publishCode(`kin-${name}`, [name, child], 60_000);
  await runs.enqueue([group], 'own');
  const request = { worker: 'k', leaseMs: 60_000, want: 1, code: `kin-${name}`, queues: ['kin'] };
  const [attempt] = (await runs.claim(request, KEEP)).attempts;
  if (!attempt) throw new Error('the parent is not there');
  const held = { id: parent, token: attempt.token };
  const born = { ...place, id: `${parent}-1`, job: child, payload: 'null' };
  const kin = `${child} kin 5+ p 0 0 0 p=r${String(shard.index)}%3A${parent} `;
  expect(await children.spawn(held, [{ ...born, head: kin }], 10)).toBe('spawned');
  const spawned = { outcome: 'spawned', bodyJson: '', logged: false, next: 'finish', children: 'all' } as const;
  expect((await runs.settle([{ ...held, settlement: spawned }], KEEP)).settled).toEqual([true]);
  expect(await children.awaiting(parent)).toMatchObject({ pending: 1 });
  expect(await store.marks.run(born.id, KEEP)).toBe('marked');

  const batch = `${name}-batch`;
  expect(await batches.create(batch, { description: 'x' })).toBe('created');
  const member = { ...place, head, firstId: `${batch}-1`, payloads: ['2'] };
  expect(await batches.add(batch, [member], { call: '1', from: 'open' })).toBe('added');
  expect(await batches.add(batch, [member], { call: '1', from: 'open' })).toBe('known');
  expect(await batches.close(batch, 'cancelled')).toBe('cancelled');
  expect(await batches.cancelRuns(batch, 0, { count: 10, retention: KEEP })).toBe('all');

  const { epoch } = await leadership.take('courier', '{}');
  for (const post of await outbox.read({ messages: 100, bytes: 1e6 })) {
    expect(post.target).toBe(shard.index);
    await outbox.receive(shard.index, post.messages, KEEP);
    expect(await outbox.delivered(epoch, post)).toBeGreaterThanOrEqual(0);
  }
  expect(await children.awaiting(parent)).toBeUndefined();
}
