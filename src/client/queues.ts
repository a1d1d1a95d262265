import { BelfryError } from '../core/errors.ts';
import type { EventBus } from '../core/events.ts';
import type { PauseNote } from '../core/freeze.ts';
import { quote } from '../core/quote.ts';
import { servesQueue } from '../core/queue_weights.ts';
import type { EpochMs } from '../core/time/units.ts';
import { emptyDepth, readDepths, type QueueDepth } from '../store/queue_depths.ts';
import { readThroughput } from '../store/throughput.ts';
import type { ShardStore, Store } from '../store/store.ts';
import { queueName, type BulkClient, type BulkRequest } from './bulk.ts';
import type { RunSelection } from './bulk_filter.ts';
import { pauseNoteOf, type PauseWords } from './notes.ts';
import { redisTime } from './redis_time.ts';

/** A queue over all shards. */
export type QueueView = QueueDepth & {
  /** Why nothing of it starts; `unknown` where it was not paused through Belfry. */
  pause: PauseNote | 'unknown' | undefined;
  /** Workers that ask for it, and their slots, which they may share with other queues. */
  workers: number;
  slots: number;
  /** Runs that ended in the last minute, dead letters not counted, by the histories of its jobs. */
  endedLastMinute: number;
};

export type QueueWords = Pick<BulkRequest, 'by' | 'note' | 'rate'>;

export type QueuesClient = {
  /** By name. */
  list(): Promise<QueueView[]>;
  /** No run of it starts from the moment that this resolves on; what runs goes on. Throws BAD_USAGE. */
  pause(queue: string, words: PauseWords): Promise<void>;
  /** `unchanged`: it was not paused. */
  resume(queue: string, words: { by: string }): Promise<'resumed' | 'unchanged'>;
  /** Begins to delete everything that waits in it; resolves with the id of the bulk operation. Throws NOT_FOUND. */
  drain(queue: string, words: QueueWords): Promise<string>;
  /**
   * Begins to move what waits in it, or what of it fits; runs keep their ids, keys, delays and order. Resolves with the
   * id of the bulk operation. Throws BAD_USAGE, NOT_FOUND.
   */
  move(
    queue: string,
    to: string,
    words: QueueWords & { filter?: Omit<RunSelection, 'queue' | 'all'> },
  ): Promise<string>;
};

type Deps = { store: Store; events: EventBus; bulk: Pick<BulkClient, 'start'> };

export function createQueuesClient({ store, events, bulk }: Deps): QueuesClient {
  const first = store.shards[0] as ShardStore;
  const assertKnown = async (queue: string): Promise<void> => {
    const known = await Promise.all(
      store.shards.map(({ shard }) => shard.connection.sismember(shard.key('queues'), queue)),
    );
    if (known.includes(1)) return;
    throw new BelfryError('NOT_FOUND', `no queue ${quote(queue)} has had a run`, {
      field: 'queue',
      hint: 'see `belfry queues list`',
    });
  };
  return {
    async list() {
      const now = await redisTime(first);
      return listQueues(store, now);
    },
    async pause(queue, words) {
      const name = queueName(queue, 'queue');
      const note = pauseNoteOf(words, await redisTime(first));
      for (const { pauses } of store.shards) await pauses.pause(name, note);
      events.emit('queue.paused', { queue: name, by: note.by, note: note.note });
    },
    async resume(queue, { by }) {
      const answers = await Promise.all(store.shards.map(({ pauses }) => pauses.resume(queueName(queue, 'queue'))));
      if (!answers.includes('resumed')) return 'unchanged';
      events.emit('queue.resumed', { queue, by });
      return 'resumed';
    },
    async drain(queue, words) {
      await assertKnown(queueName(queue, 'queue'));
      return bulk.start({ action: 'delete', filter: { queue }, ...words });
    },
    async move(queue, to, { filter = {}, ...words }) {
      if (queue === to) {
        throw new BelfryError('BAD_USAGE', `${quote(to)} is the queue itself`, { field: 'to', hint: 'another queue' });
      }
      await assertKnown(queueName(queue, 'queue'));
      return bulk.start({ action: 'move', filter: { ...filter, queue }, to, ...words });
    },
  };
}

async function listQueues(store: Store, now: EpochMs): Promise<QueueView[]> {
  const [depths, throughputs, pauses, workers] = await Promise.all([
    Promise.all(store.shards.map(({ shard }) => readDepths(shard))),
    Promise.all(store.shards.map((shard) => readThroughput(shard, now))),
    Promise.all(store.shards.map((shard) => shard.pauses.all())),
    store.workers.all(now),
  ]);
  const merged = new Map<string, QueueDepth>();
  for (const depth of depths.flat()) merged.set(depth.queue, addDepth(merged.get(depth.queue), depth));
  for (const queue of pauses.flatMap((paused) => [...paused.keys()]))
    if (!merged.has(queue)) merged.set(queue, emptyDepth(queue));
  return [...merged.values()]
    .sort((a, b) => (a.queue < b.queue ? -1 : 1))
    .map((depth) => {
      const { queue } = depth;
      const asking = workers.filter(({ state, queues }) => state === 'running' && servesQueue(queues, queue));
      const paused = pauses.find((notes) => notes.has(queue));
      return {
        ...depth,
        pause: paused === undefined ? undefined : (paused.get(queue) ?? 'unknown'),
        workers: asking.length,
        slots: asking.reduce((sum, { slots }) => sum + slots, 0),
        endedLastMinute: throughputs.reduce((sum, counts) => sum + (counts.get(queue) ?? 0), 0),
      };
    });
}

function addDepth(sum: QueueDepth | undefined, part: QueueDepth): QueueDepth {
  if (sum === undefined) return part;
  const oldest = Math.min(sum.oldestReady ?? Infinity, part.oldestReady ?? Infinity);
  return {
    queue: sum.queue,
    ready: sum.ready + part.ready,
    limited: sum.limited + part.limited,
    waiting: sum.waiting + part.waiting,
    retrying: sum.retrying + part.retrying,
    running: sum.running + part.running,
    oldestReady: oldest === Infinity ? undefined : oldest,
  };
}
