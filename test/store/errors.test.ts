import { Redis } from 'ioredis';
import { expect, onTestFinished, test } from 'vitest';
import { BelfryError } from '../../src/core/errors.ts';
import { reconnectDelay } from '../../src/store/connect.ts';
import { waitForBell } from '../../src/store/doorbell.ts';
import { translateRedisError } from '../../src/store/errors.ts';
import { eventually } from '../support/eventually.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();

test.each([
  ['NOAUTH Authentication required.', 'REDIS_AUTH'],
  ['WRONGPASS invalid username-password pair or user is disabled.', 'REDIS_AUTH'],
  ["NOPERM this user has no permissions to run the 'evalsha' command", 'REDIS_AUTH'],
  ["OOM command not allowed when used memory > 'maxmemory'.", 'REDIS_FULL'],
  ["READONLY You can't write against a read only replica.", 'REDIS_READ_ONLY'],
  [
    'MISCONF Redis is configured to save RDB snapshots, but it is currently unable to persist on disk.',
    'REDIS_UNAVAILABLE',
  ],
  ['NOREPLICAS Not enough good replicas to write.', 'REDIS_UNAVAILABLE'],
  ['connect ECONNREFUSED 127.0.0.1:6379', 'REDIS_UNAVAILABLE'],
  ['LOADING Redis is loading the dataset in memory', 'REDIS_UNAVAILABLE'],
  ['CLUSTERDOWN The cluster is down', 'REDIS_UNAVAILABLE'],
  ["Stream isn't writeable and enableOfflineQueue options is false", 'REDIS_UNAVAILABLE'],
  ['Command timed out', 'REDIS_UNAVAILABLE'],
  ['self-signed certificate in certificate chain', 'REDIS_AUTH'],
  ["Hostname/IP does not match certificate's altnames: Host: localhost. is not cert's CN: redis", 'REDIS_AUTH'],
  ['ERR something else', 'INTERNAL'],
])('%s becomes %s', (message, code) => {
  const error = translateRedisError(new Error(message));
  expect(error).toBeInstanceOf(BelfryError);
  expect(error.code).toBe(code);
  expect(error.hint === undefined).toBe(code === 'INTERNAL');
});

test('an error that is coded already passes through', () => {
  const error = new BelfryError('NOT_FOUND', 'x');
  expect(translateRedisError(error)).toBe(error);
});

test('reconnecting backs off to two seconds, and never further apart', () => {
  const delays = Array.from({ length: 30 }, (_, attempt) => reconnectDelay(attempt, () => 1));
  expect(delays.slice(0, 3)).toEqual([50, 100, 200]);
  expect(Math.max(...delays)).toBe(2_000);
  expect(reconnectDelay(30, () => 0)).toBe(1_000);
});

function connect(): Redis {
  const connection = new Redis({ path: redis.path, maxRetriesPerRequest: null, autoResendUnfulfilledCommands: false });
  connection.on('error', () => undefined);
  onTestFinished(() => connection.disconnect());
  return connection;
}

test('a bell that rings wakes one waiter with its message', async () => {
  const connection = connect();
  const waiting = waitForBell(connection, ['bell:a', 'bell:b'], 10_000);
  await connect().rpush('bell:b', 'word');
  expect(await waiting).toEqual({ key: 'bell:b', message: 'word' });
});

test('a bell that does not ring ends the waiting after its time', async () => {
  expect(await waitForBell(connect(), ['bell:quiet'], 20)).toBeUndefined();
});

test('a wait whose connection is cut ends at once, and the next one hears again', async () => {
  const connection = connect();
  const id = await connection.client('ID');
  const waiting = waitForBell(connection, ['bell:cut'], 60_000).catch((error: unknown) => error);
  const other = connect();
  await other.client('KILL', 'ID', id);
  expect(await waiting).toMatchObject({ code: 'REDIS_UNAVAILABLE' });
  await eventually(() => expect(connection.status).toBe('ready'));
  const again = waitForBell(connection, ['bell:cut'], 60_000);
  await other.rpush('bell:cut', 'word');
  expect(await again).toMatchObject({ message: 'word' });
});

test('a wait on a link that has gone silent is given up', async () => {
  const own = await startRedis();
  const connection = new Redis({ path: own.path, autoResendUnfulfilledCommands: false });
  connection.on('error', () => undefined);
  await connection.ping();
  own.freeze();
  await expect(waitForBell(connection, ['bell'], 10)).rejects.toMatchObject({ code: 'REDIS_UNAVAILABLE' });
  own.thaw();
  connection.disconnect();
});
