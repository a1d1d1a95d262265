import { Redis } from 'ioredis';
import { expect, onTestFinished, test } from 'vitest';
import { loadScripts, preloadScripts, runScript } from '../../src/store/scripts.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();
const scripts = loadScripts();

function connect(): Redis {
  const connection = new Redis({ path: redis.path });
  onTestFinished(() => connection.disconnect());
  return connection;
}

test('every script compiles in Redis, under the hash that it is called by', async () => {
  const connection = connect();
  for (const { text, sha } of scripts.values()) expect(await connection.script('LOAD', text)).toBe(sha);
  expect(scripts.size).toBeGreaterThan(20);
});

test('a script that Redis does not know is sent as text, once', async () => {
  const connection = connect();
  await connection.script('FLUSH');
  const call = { connection, prefix: '{unknown:0}:', args: ['', 'w1'] };
  expect(await runScript('held_by', call)).toEqual([]);
  await connection.config('RESETSTAT');
  expect(await runScript('held_by', call)).toEqual([]);
  expect(await connection.info('commandstats')).not.toContain('cmdstat_eval:');
});

test('scripts are loaded ahead, so that the first calls need no second round trip', async () => {
  const connection = connect();
  await connection.script('FLUSH');
  await preloadScripts(connection);
  const shas = [...scripts.values()].map(({ sha }) => sha);
  expect(await connection.script('EXISTS', ...shas)).toEqual(shas.map(() => 1));
});

test('a process that starts sends no script that Redis has already', async () => {
  const connection = connect();
  await preloadScripts(connection);
  await connection.config('RESETSTAT');
  await preloadScripts(connection);
  expect(await connection.info('commandstats')).not.toContain('cmdstat_script|load:');
});

test('a script that fails gives a coded error', async () => {
  const connection = connect();
  await connection.set('{broken:0}:running', 'not a hash');
  await expect(runScript('held_by', { connection, prefix: '{broken:0}:', args: ['', 'w1'] })).rejects.toMatchObject({
    code: 'INTERNAL',
  });
});

test('the clock of a script is Redis TIME where none is given', async () => {
  const connection = connect();
  const [now] = (await runScript('overview', { connection, prefix: '{clock:0}:', args: [''] })) as [number];
  const [seconds = 0] = (await connection.time()).map(Number);
  expect(Math.abs(now - seconds * 1_000)).toBeLessThan(2_000);
});
