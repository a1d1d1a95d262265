import { createAddToBatch } from '../client/batches.ts';
import { createClient, type Client } from '../client/client.ts';
import { createSpawn } from '../client/spawn.ts';
import { parseRedisUrl } from '../config/redis_url.ts';
import { SETTINGS } from '../config/settings.ts';
import type { JobDefinition } from '../core/definition.ts';
import { BelfryError } from '../core/errors.ts';
import { createEventBus, type EventBus } from '../core/events.ts';
import { NO_SEAL_KEYS, type Seal } from '../core/seal.ts';
import { NO_TRACING, type OfferTracing } from '../core/tracing.ts';
import { createSeal } from '../runtime/seal.ts';
import { connectRedis, type Connection } from '../store/connect.ts';
import { translateRedisError } from '../store/errors.ts';
import { reachRedis } from '../store/first_contact.ts';
import type { Retention } from '../store/runs.ts';
import { preloadScripts } from '../store/scripts.ts';
import { meetShards } from '../store/formats.ts';
import { openStore, type ShardStore, type Store } from '../store/store.ts';
import type { AttemptsDeps } from '../worker/attempts.ts';
import type { TestClock } from './clock.ts';

export type TestEngineOptions = {
  redis: string;
  namespace: string;
  clock: TestClock;
  definitions: ReadonlyMap<string, JobDefinition>;
};

/** The parts of Belfry on one shard whose scripts and client take the time from the clock of a test. */
export type TestEngine = {
  connection: Connection;
  clock: TestClock;
  events: EventBus;
  store: Store;
  shard: ShardStore;
  client: Client;
  definitions: ReadonlyMap<string, JobDefinition>;
  seal: Seal;
  tracing: OfferTracing;
  kin: AttemptsDeps['kin'];
};

/** A test looks at everything that happened in it. */
export const KEEP_ALL: Retention = { count: 1e9, bytes: 1e15 };
export const LEDGER_COUNT = 1e9;

/** Throws REDIS_UNAVAILABLE, and BAD_CONFIG for a URL that is none. */
export async function openTestEngine({ redis, namespace, clock, definitions }: TestEngineOptions): Promise<TestEngine> {
  const target = parseRedisUrl(redis, 'redis');
  if (target.kind === 'cluster') {
    throw new BelfryError('BAD_USAGE', 'the Redis for tests is a cluster', { field: 'redis', hint: 'one server' });
  }
  const connection = connectRedis(target, 'control', 'belfry:testing');
  connection.on('error', () => undefined); // whoever calls it hears of it
  try {
    await reachRedis(connection);
    await preloadScripts(connection);
  } catch (error) {
    connection.disconnect();
    throw translateRedisError(error);
  }
  tellTime(connection, clock);
  const events = createEventBus();
  const store = openStore({ namespace, shards: 1, connection, clock, events, now: clock.now });
  await meetShards(store.shards.map(({ shard }) => shard)); // code under test connects to it as to any other
  const shared = { store, clock, events, seal: createSeal(NO_SEAL_KEYS), tracing: NO_TRACING };
  const enqueueing = {
    ...shared,
    maxPayloadBytes: SETTINGS.payloadMax.fallback,
    definition: (job: string) => definitions.get(job),
  };
  return {
    ...shared,
    connection,
    definitions,
    shard: store.shards[0] as ShardStore,
    client: createClient({
      ...enqueueing,
      retention: KEEP_ALL,
      ledgerCount: LEDGER_COUNT,
      deployment: { id: 'testing', version: '0' },
    }),
    kin: { spawn: createSpawn(enqueueing), addToBatch: createAddToBatch(enqueueing) },
  };
}

/** What asks Redis for the time without a script is told that of the test too. */
function tellTime(connection: Connection, { now }: TestClock): void {
  const time = (): Promise<[number, number]> => {
    const at = now();
    return Promise.resolve([Math.floor(at / 1_000), (at % 1_000) * 1_000]);
  };
  Object.assign(connection, { time });
}
