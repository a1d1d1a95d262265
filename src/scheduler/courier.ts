import { messageOf } from '../core/errors.ts';
import type { EventBus } from '../core/events.ts';
import type { DurationMs } from '../core/time/units.ts';
import type { OutboxStore, Post } from '../store/outbox.ts';
import type { Retention } from '../store/runs.ts';
import { refusedWrite } from './duty_step.ts';
import type { Term } from './elector.ts';

/** Per shard and round: enough to spread the round trips, few enough not to hold Redis up. */
const LIMIT = { messages: 500, bytes: 1_048_576 };
/** The ticker says when there is post; this is the fallback. */
const PERIOD_MS: DurationMs = 5_000;
/** A shard that cannot be reached keeps nobody else waiting. */
const RETRY_MS: DurationMs = 500;

export type CourierDeps = {
  outbox: Pick<OutboxStore, 'read' | 'delivered'>;
  /** The post box of a shard, or undefined for a shard that there is not. */
  inboxOf: (shard: number) => Pick<OutboxStore, 'receive'> | undefined;
  events: EventBus;
  retention: Retention;
};

export type Courier = {
  /** Delivers what waits; returns when to call again. Throws NOT_LEADER when a newer leader is there. */
  deliver(term: Term): Promise<DurationMs>;
};

/**
 * Carries messages from a shard's outbox to where they are for: delivered first, taken off the outbox after. A leader that
 * is lost in between leaves them to the next one, which delivers them again: the receiver knows the sequence of the last
 * message that it had from this shard. A shard that cannot be
 * reached keeps its own messages waiting and no others.
 */
export function createCourier({ outbox, inboxOf, events, retention }: CourierDeps): Courier {
  /** Answers how many messages wait for the same shard after this, or `unreached`. */
  const carry = async (term: Term, post: Post): Promise<number | 'unreached'> => {
    try {
      const received = await inboxOf(post.target)?.receive(term.shard, post.messages, retention);
      for (const ended of received?.ended ?? []) events.emit('run.finished', ended);
    } catch (error) {
      const what = `messages of shard ${term.shard} for shard ${post.target} could not be delivered`;
      events.emit('tick.failed', { shard: post.target, error: `${what}: ${messageOf(error)}` });
      return 'unreached';
    }
    const waiting = await outbox.delivered(term.epoch, post);
    if (waiting === 'fenced') throw refusedWrite(events, term, 'delivered');
    return waiting;
  };
  return {
    async deliver(term) {
      const posts = await outbox.read(LIMIT);
      const rounds = await Promise.all(posts.map((post) => carry(term, post)));
      if (rounds.some((waiting) => waiting !== 'unreached' && waiting > 0)) return 0;
      return rounds.includes('unreached') ? RETRY_MS : PERIOD_MS;
    },
  };
}
