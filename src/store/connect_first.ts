import { BelfryError } from '../core/errors.ts';
import type { EventBus } from '../core/events.ts';
import type { ConnectionReport } from './connection_report.ts';
import { translateRedisError } from './errors.ts';
import { reachRedis } from './first_contact.ts';
import { judgeFormats, meetShards, olderState } from './formats.ts';
import type { Store } from './store.ts';
import { inspectRedis } from './suitability.ts';

/** What is done about state of an older format: it is brought up, refused, or nobody looks at the format. */
export type OlderState = 'migrate' | 'refuse' | 'ignore';

export type FirstConnection = {
  store: Store;
  events: EventBus;
  report: ConnectionReport;
  older: OlderState;
  /** Random for each process start. */
  holder: string;
};

/**
 * Connects, and checks that Redis and what is in it are fit for this process. `waiting`: Redis is away, or another process
 * brings the state up; it may be called again. Throws what no waiting mends.
 */
export async function connectFirst(first: FirstConnection): Promise<'connected' | 'waiting'> {
  const { store, events, report, older, holder } = first;
  try {
    await reachRedis(store.connection);
  } catch (thrown) {
    const error = translateRedisError(thrown);
    if (error.code !== 'REDIS_UNAVAILABLE') throw error;
    report.waiting(error.message);
    return 'waiting';
  }
  for (const { level, says, hint } of await inspectRedis(store.connection)) {
    if (level === 'error') throw new BelfryError('REDIS_UNSUITABLE', says, hint === undefined ? {} : { hint });
    if (level === 'warning') events.emit('redis.warning', { warning: says, hint: hint ?? '' });
  }
  if (older === 'ignore') return 'connected';
  const formats = await meetShards(store.shards.map(({ shard }) => shard));
  if (judgeFormats(formats) === 'current') return 'connected';
  if (older === 'refuse') throw olderState(formats);
  const { bringUp } = await import('./migrations/bring_up.ts');
  const outcomes = await bringUp(store, { holder, events });
  return outcomes.every(({ state }) => state === 'done') ? 'connected' : 'waiting';
}
