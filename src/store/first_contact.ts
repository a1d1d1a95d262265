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
    await (isIdle ? firstOutcome(connection) : nextOutcome(connection));
  } catch (thrown) {
    throw translateRedisError(reason ?? thrown);
  } finally {
    connection.off('error', note);
  }
}

/** ioredis asks Sentinels that are away for ever within one `connect`, which settles only when one has answered. */
const NO_SENTINEL = /^All sentinels are unreachable/;

function firstOutcome(connection: Connection): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => {
      if (NO_SENTINEL.test(error.message)) reject(error);
    };
    connection.on('error', failed);
    connection
      .connect()
      .then(resolve, reject)
      .finally(() => connection.off('error', failed));
  });
}

function nextOutcome(connection: Connection): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (outcome: () => void) => (): void => {
      connection.off('ready', ready).off('close', closed).off('end', closed).off('error', failed);
      outcome();
    };
    const ready = settle(resolve);
    const closed = settle(() => reject(new Error('Connection is closed.')));
    const failed = (error: Error): void => {
      if (NO_SENTINEL.test(error.message)) closed();
    };
    connection.on('ready', ready).on('close', closed).on('end', closed).on('error', failed);
  });
}
