import { expect } from 'vitest';
import { unpackBulk, type Bulk, type BulkSpec } from '../../src/core/bulk.ts';
import { firstIdOf } from '../../src/core/run_ids.ts';
import { readDepths } from '../../src/store/queue_depths.ts';
import type { ShardStore } from '../../src/store/store.ts';
import { readThroughput } from '../../src/store/throughput.ts';
import type { BulkTerms } from '../../src/store/bulks.ts';

const KEEP = { count: 100, bytes: 1e6 };
const UUID = '01890000-0000-7000-8000-00000000000a';

/** Queues, bulk operations and dead letters on one shard, through every script behind them. */
export async function liveThroughBulk(store: ShardStore, name: string): Promise<void> {
  const { runs, pauses, bulks, letters, leadership, history } = store;
  const queue = `bulk-${name}`;
  expect(await pauses.pause(queue, { at: 0, by: 'ops', note: 'x', until: 1 })).toBe('paused');
  expect(await pauses.resumeEnded()).toEqual([queue]);
  expect(await pauses.resume(queue)).toBe('unchanged');

  const group = { queue, lane: `5:${name}`, delayMs: 0, head: `${name} ${queue} 5 p 0 0 0 ` };
  await runs.publishCode(`bulk-${name}`, [name], 60_000);
  await runs.enqueue([{ ...group, firstId: firstIdOf(UUID, name), payloads: ['1', '2', '3'] }], 'fresh');
  const request = { worker: 'b', leaseMs: 60_000, want: 2, code: `bulk-${name}`, queues: [queue] };
  const { attempts } = await runs.claim(request, KEEP);
  const outcomes = ['dead', 'succeeded'] as const;
  const entries = attempts.map(({ run, token }, i) => ({
    id: run.id,
    token,
    settlement: { outcome: outcomes[i] as 'dead', bodyJson: '{}', logged: false },
  }));
  expect((await runs.settle(entries, KEEP)).settled).toEqual([true, true]);
  const { epoch } = await leadership.take('bulk leader', '{}');
  const terms = await begin(store, epoch);
  const ready = await history.scanLive('0', 100);
  const ids = ready.runs.filter((run) => run.queue === queue).map(({ id }) => id);
  const end = { cursor: 'runs', seen: 1 };
  const lane = { queue, lane: `5:${name}`, first: 0, length: 10 };
  const slice = { ...end, action: 'move', to: `${queue}-new`, states: ['ready'], bodyJson: '', ids, lane } as const;
  const moved = await bulks.actOnLive(terms, { ...slice, ids });
  if (typeof moved === 'string') throw new Error(`the slice was ${moved}`);
  expect(moved.bulk.done).toBe(1);
  expect(await bulks.actOnLive(terms, { ...slice, ids })).toBe('stale');

  const letter = attempts[0]?.run.id ?? '';
  expect(await letters.get(letter)).toMatchObject({ state: 'dead' });
  const next: BulkTerms = { ...terms, stored: moved };
  const redriven = await bulks.actOnLetters(next, end, [{ id: letter, newId: `${name}-redriven` }]);
  if (typeof redriven === 'string') throw new Error(`the slice was ${redriven}`);
  const finished = (await history.ofJob(name, 0, 100)).find(({ state }) => state === 'succeeded');
  if (!finished) throw new Error('no run has succeeded');
  const last = { ...next, stored: redriven };
  const again = await bulks.runAgain(last, { cursor: 'end', seen: 1 }, [{ finished, newId: `${name}-again2` }]);
  expect(again).toMatchObject({ bulk: { state: 'done', done: 3 } });
  expect((await readDepths(store.shard)).find((depth) => depth.queue === queue)).toMatchObject({ ready: 2 });
  await readThroughput(
    { ...store, jobs: { ...store.jobs, all: () => Promise.resolve(new Map([[name, { name, queue } as never]])) } },
    0,
  );
}

async function begin({ bulks }: ShardStore, epoch: string): Promise<BulkTerms> {
  const spec: BulkSpec = { action: 'move', filter: { states: ['ready'] }, to: 'x', paceMs: 0, by: 'ops', at: 0 };
  const none = { primary: '-', cursor: 'lanes', total: 1, seen: 0, done: 0, failed: 0, updatedAt: 0 };
  const bulk: Bulk = { id: 'b1', state: 'running', ...none, spec };
  await bulks.create(bulk);
  const { due } = await bulks.due(10);
  const [stored] = due;
  if (!stored) throw new Error('the operation is not due');
  expect(unpackBulk('b1', stored.value)).toEqual(bulk);
  return { epoch, retention: KEEP, stored };
}
