import { messageOf } from '../core/errors.ts';
import type { EventBus } from '../core/events.ts';
import { newestTzRelease, tzReleaseOf } from '../core/time/tz_version.ts';
import type { Clock, DurationMs } from '../core/time/units.ts';
import { createLoop } from '../runtime/loop.ts';
import type { Service } from '../runtime/service.ts';
import type { Replica, ReplicaStore } from '../store/replicas.ts';

/** Why a replica must not lead: its tzdata version, and the newest one among the live replicas. */
export type Abstention = { own: string; newest: string };

/**
 * Each replica says that it lives, with its tzdata version, and hears who else does. Two versions can name different
 * fire times, so only replicas with the newest one lead: otherwise each change of leader would move fire times to and
 * fro. A version counts while a replica that could take over has it; where only older ones are left, they lead again.
 */
export type RollCall = Service & {
  /** Why this replica must not lead, as far as it knows now; undefined where it may. */
  abstention(): Abstention | undefined;
  /** The same after a fresh look; what is known where Redis does not answer. Never throws. */
  lookAgain(): Promise<Abstention | undefined>;
};

export type RollCallDeps = {
  replicas: Pick<ReplicaStore, 'beat' | 'remove'>;
  clock: Clock;
  events: EventBus;
};

export type RollCallOptions = {
  replica: Omit<Replica, 'state'>;
  /** Whether this replica could take a shard over. */
  isAble: () => boolean;
  /** A replica that was silent for so long is taken for dead; each says so four times as often. */
  keepMs: DurationMs;
  /** Called after each look with the number of replicas that may lead, this one included where it may. */
  onLook: (eligible: number) => void;
};

export function createRollCall({ replicas, clock, events }: RollCallDeps, options: RollCallOptions): RollCall {
  const { replica, keepMs } = options;
  let others: Replica[] = [];
  let lookedAt = -Infinity;
  let isPresent = false;

  const newest = (): string => {
    const able = others.filter(({ state }) => state === 'able').map(({ tzVersion }) => tzVersion);
    return newestTzRelease([replica.tzVersion, ...able]);
  };
  const abstention = (): Abstention | undefined => {
    // Everyone it knew of may be dead by now, and a shard that nobody leads is worse than two versions.
    if (clock.monotonic() - lookedAt > keepMs) return undefined;
    return tzReleaseOf(replica.tzVersion) === newest() ? undefined : { own: replica.tzVersion, newest: newest() };
  };
  const look = async (): Promise<void> => {
    if (!isPresent) return; // an election on the way out must not bring it back to the list
    const askedAt = clock.monotonic();
    const live = await replicas.beat({ ...replica, state: options.isAble() ? 'able' : 'unable' }, keepMs);
    others = live.filter(({ id }) => id !== replica.id);
    lookedAt = askedAt;
  };
  const eligible = (): number => {
    const peers = others.filter(({ state, tzVersion }) => state === 'able' && tzReleaseOf(tzVersion) === newest());
    return peers.length + (abstention() === undefined ? 1 : 0);
  };
  const onError = (error: unknown): void => events.emit('leader.contended', { shard: 0, error: messageOf(error) });

  const loop = createLoop({
    name: 'roll call',
    async step() {
      await look();
      options.onLook(eligible());
      return keepMs / 4;
    },
    onError,
  });

  return {
    name: loop.name,
    async start() {
      isPresent = true;
      await look().catch(onError); // so that the first election knows who lives
      await loop.start();
    },
    async stop() {
      isPresent = false;
      await loop.stop();
      await replicas.remove(replica.id).catch(() => undefined); // else it counts until its word is too old
    },
    abstention,
    async lookAgain() {
      await look().catch(onError);
      return abstention();
    },
  };
}
