import type { Connection } from './connect.ts';
import { translateRedisError } from './errors.ts';

/**
 * Resolves once the connection is usable; throws why the attempt under way failed. ioredis goes on trying by itself, so
 * a second call waits for the next outcome. Its own error is always "Connection is closed"; the reason comes as an event.
 */
export async function reachRedis(connection: Connection): Promise<void> {
  if (connection.status === 'ready') return;
  let reason: unknown;
  const note = (error: Error & { lastNodeError?: Error }): void => void (reason = error.lastNodeError ?? error);
  connection.on('error', note);
  try {
    const isIdle = connection.status === 'wait' || connection.status === 'end';
    await (isIdle ? connection.connect() : nextOutcome(connection));
  } catch (thrown) {
    throw translateRedisError(reason ?? thrown);
  } finally {
    connection.off('error', note);
  }
}

function nextOutcome(connection: Connection): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (outcome: () => void) => (): void => {
      connection.off('ready', ready).off('close', closed).off('end', closed);
      outcome();
    };
    const ready = settle(resolve);
    const closed = settle(() => reject(new Error('Connection is closed.')));
    connection.on('ready', ready).on('close', closed).on('end', closed);
  });
}
