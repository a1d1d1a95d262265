import { expect } from 'vitest';
import type { RunState } from '../../../src/core/run.ts';
import { eventually } from '../../support/eventually.ts';
import type { Fleet } from '../fleet.ts';

const KEEP = { count: 1_000, bytes: 1e6 };
const PATIENCE = { timeoutMs: 30_000 };

/** Gives a leader something to do by each of its duties, and sees what has become of it. */
export function provoke({ observer: { client, store } }: Fleet) {
  const { shard } = store;
  const { connection, key } = shard;
  const counts = { bulk_live: 0, bulk_letters: 0, expire_runs: 0, quarantine: 0, prune_history: 0 };
  const bulks = { cancelled: [] as string[], redriven: [] as string[], again: [] as string[] };
  const mortal: string[] = [];

  /** A dead letter without a process: no worker asks for its queue. */
  const makeLetter = async (): Promise<string> => {
    const id = await client.enqueue('redriven');
    await store.runs.publishCode('code of the test', ['redriven'], 600_000);
    const request = { worker: 'test', leaseMs: 600_000, want: 1, code: 'code of the test', queues: ['nowhere'] };
    const [attempt] = (await store.runs.claim(request, KEEP)).attempts;
    if (attempt?.run.id !== id) throw new Error('another run was claimed');
    const settlement = { outcome: 'dead', bodyJson: '{}', logged: false } as const;
    await store.runs.settle([{ id, token: attempt.token, settlement }], KEEP);
    return id;
  };

  const occasions: Record<string, () => Promise<unknown>> = {
    async quarantine() {
      counts.quarantine += 1;
      const id = counts.quarantine === 1 ? 'work:before' : 'work:after';
      const [seconds] = await connection.time();
      await connection.hset(key('schedules'), id, `1 ${String(Number(seconds) * 1_000)} - - {"c":"nonsense"}`);
      await connection.zadd(key('due'), Number(seconds) * 1_000, id);
    },
    async prune_history() {
      const record = await eventually(async () => {
        const [found] = await connection.lrange(key('history:work'), 0, 0);
        if (found === undefined) throw new Error('no run has ended yet');
        return found;
      }, PATIENCE);
      counts.prune_history += 1;
      const old = record.replace(/^(\S+) \S+ (\S+) \d+/, `- ancient${String(counts.prune_history)} $2 1`);
      await connection.rpush(key('history:work'), old);
      await connection.hincrby(key('history_bytes'), 'work', Buffer.byteLength(old));
    },
    prune_limits: () => connection.hset(key('tats'), 'partner:gone', '1 0'),
    async expire_runs() {
      mortal.push(await client.enqueue('mortal', null, { expiry: '1s' }));
      counts.expire_runs = mortal.length;
    },
    async bulk_live() {
      await client.enqueueMany('cancelled', ['a', 'b']);
      counts.bulk_live += 2;
      bulks.cancelled.push(await client.bulk.start({ action: 'cancel', filter: { job: 'cancelled' }, by: 'a test' }));
    },
    async bulk_letters() {
      await makeLetter();
      counts.bulk_letters += 1;
      bulks.redriven.push(await client.deadLetters.redrive({ job: 'redriven' }, { by: 'a test' }));
    },
    async bulk_again() {
      bulks.again.push(
        await client.bulk.start({ action: 'retry', filter: { job: 'work', state: ['succeeded'] }, by: 'a test' }),
      );
    },
  };

  const countRuns = async (job: string, state: RunState): Promise<number> =>
    (await client.runs.list({ job, state, limit: 1_000 })).length;
  const doneOf = async (ids: readonly string[]): Promise<number> => {
    const views = await Promise.all(ids.map((id) => client.bulk.get(id)));
    for (const view of views) expect(view).toMatchObject({ state: 'done', failed: 0 });
    return views.reduce((sum, { done }) => sum + done, 0);
  };

  return {
    counts,
    occasion: async (script: string) => void (await occasions[script]?.()),
    /** Waits until a leader has done all of it. */
    untilOver: () =>
      eventually(async () => {
        const bulk = {
          cancelled: { done: await doneOf(bulks.cancelled), runs: await countRuns('cancelled', 'cancelled') },
          redriven: { done: await doneOf(bulks.redriven), runs: await countRuns('redriven', 'ready') },
          again: { done: await doneOf(bulks.again), runs: await countRuns('work', 'succeeded') },
        };
        expect((await client.runs.list({ job: 'work', limit: 1_000 })).filter(({ kind }) => kind === 'live')).toEqual(
          [],
        );
        const limits = await connection.hkeys(key('tats'));
        expect(limits).toEqual([]);
        return { bulk, limits, quarantined: (await connection.hkeys(key('quarantined'))).sort() };
      }, PATIENCE),
    /** How many of those that had a deadline have ended by it. */
    expired: async () => {
      const views = await Promise.all(mortal.map((id) => client.runs.get(id)));
      return views.filter(({ kind, state }) => kind === 'finished' && state !== 'succeeded').length;
    },
    /** Takes away what nobody will ever run. */
    async clear(): Promise<void> {
      await client.apply([]);
      for (const { kind, run } of await client.runs.list({ limit: 1_000 })) {
        if (kind === 'live') await client.runs.cancel(run.id).catch(() => undefined);
      }
    },
  };
}
