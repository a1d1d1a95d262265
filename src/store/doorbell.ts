import type { DurationMs } from '../core/time/units.ts';
import type { Connection } from './connect.ts';
import { translateRedisError } from './errors.ts';
import type { Shard } from './shard.ts';

/** How long a message waits in a wake list for somebody who listens. */
const KEEP_MS: DurationMs = 60_000;

/** How long a wait may stay silent past its own timeout before its socket is taken for dead. */
const WATCHDOG_MS = 2_000;

/**
 * Waits until a bell rings: a token in a wake list, which a script pushes when there is something to look at.
 * A blocking read wakes exactly one waiter, so an idle fleet does not stampede, and costs one command per `timeoutMs`.
 * The connection is the caller's alone while it waits. Answers the key that rang and its message, or undefined.
 * A read that neither answers nor fails in time has its socket destroyed (a stalled link must not stop the waiting).
 */
export async function waitForBell(
  connection: Connection,
  keys: string[],
  timeoutMs: DurationMs,
): Promise<{ key: string; message: string } | undefined> {
  let watchdog: NodeJS.Timeout | undefined;
  let lose = (): void => undefined;
  const lost = new Promise<never>((_, reject) => {
    watchdog = setTimeout(() => {
      connection.disconnect(true);
      reject(new Error('blocking read timed out'));
    }, timeoutMs + WATCHDOG_MS);
    lose = () => reject(new Error('Connection is closed.'));
  });
  connection.once('close', lose); // ioredis leaves a read that was under way pending when it connects again
  try {
    const reply = await Promise.race([connection.blpop(keys, timeoutMs / 1_000), lost]);
    return reply ? { key: reply[0], message: reply[1] } : undefined;
  } catch (error) {
    throw translateRedisError(error);
  } finally {
    clearTimeout(watchdog);
    connection.off('close', lose);
  }
}

/** Rings a bell by its name (`queue:NAME`, `worker:ID`) with a message, also while Redis is full. */
export async function ringBell(shard: Shard, bell: string, message: string): Promise<void> {
  await shard.run('ring_bell', [bell, message, KEEP_MS]);
}
