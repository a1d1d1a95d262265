import type { EventBus } from '../core/events.ts';
import type { Clock } from '../core/time/units.ts';
import type { Connection } from './connect.ts';
import { translateRedisError } from './errors.ts';

export type ConnectionReport = {
  /** Redis is not there at the first contact. */
  waiting(reason: string): void;
  /** The connection is about to be closed on purpose. */
  end(): void;
};

/** Says once that Redis is gone and once that it is back. */
export function reportConnection(connection: Connection, events: EventBus, clock: Clock): ConnectionReport {
  let state: 'new' | 'up' | 'lost' | 'ended' = 'new';
  let lostAt = 0;
  let reason: string | undefined;
  const lose = (why: string): void => {
    if (state === 'lost' || state === 'ended') return;
    state = 'lost';
    lostAt = clock.monotonic();
    events.emit('redis.lost', { reason: why });
  };
  connection.on('error', (error: Error) => (reason = translateRedisError(error).message));
  connection.on('close', () => {
    if (state === 'up') lose(reason ?? 'the connection was closed');
  });
  connection.on('ready', () => {
    if (state === 'lost') events.emit('redis.back', { downMs: clock.monotonic() - lostAt });
    if (state !== 'ended') state = 'up';
    reason = undefined;
  });
  return { waiting: lose, end: () => (state = 'ended') };
}
