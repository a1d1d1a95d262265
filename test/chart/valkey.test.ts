import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { expect, onTestFinished, test } from 'vitest';
import { find, renderChart } from '../support/chart.ts';
import { valueAt } from '../support/chart/address.ts';
import { eventually } from '../support/eventually.ts';
import { redisServerBinary } from '../support/redis_process.ts';

/** Runs the command of the Valkey container here, with folders of this machine and a socket in the place of its own. */
async function startContainer(password: string): Promise<{ socket: string; folder: string }> {
  const manifests = await renderChart({ valkey: { auth: { password } } });
  const container = valueAt(
    find(manifests, 'StatefulSet', 'bt-belfry-valkey'),
    'spec.template.spec.containers[valkey]',
  );
  const [program, flags, script] = valueAt(container, 'command') as [string, string, string];
  const folder = mkdtempSync(join(tmpdir(), 'bv-'));
  const socket = join(folder, 's');
  for (const name of ['bin', 'run', 'data']) mkdirSync(join(folder, name));
  const server = `#!/bin/sh\nprintf '%s ' "$@" > ${join(folder, 'arguments')}\nexec ${redisServerBinary()} "$@"\n`;
  writeFileSync(join(folder, 'bin/valkey-server'), server, { mode: 0o755 });
  const here = script
    .replaceAll('/run/valkey', join(folder, 'run'))
    .replace('--dir /data', `--dir ${join(folder, 'data')}`)
    .replace(/--port 6379/, `--port 0 --unixsocket ${socket}`);
  const child = spawn(program, [flags, here], {
    env: { PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`, REDISCLI_AUTH: password },
    stdio: 'ignore',
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true });
  });
  return { socket, folder };
}

async function connect(socket: string, password: string): Promise<Redis> {
  const redis = new Redis({ path: socket, password, lazyConnect: true, retryStrategy: () => null });
  redis.on('error', () => undefined);
  onTestFinished(() => redis.disconnect());
  await redis.connect();
  return redis;
}

/** What a server answers to somebody who has not said who he is: a client library would not even ask. */
async function answerTo(command: string, path: string): Promise<string> {
  const socket = createConnection({ path });
  onTestFinished(() => void socket.destroy());
  socket.write(`${command}\r\n`);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  return answer.toString();
}

test('the Valkey of the chart keeps what it is given, evicts nothing, and lets nobody in without the password', async () => {
  const { socket, folder } = await startContainer('a.pass-word_~1');
  const redis = await eventually(() => connect(socket, 'a.pass-word_~1'), { timeoutMs: 10_000 });
  const rewrites = { 'auto-aof-rewrite-percentage': '300', 'auto-aof-rewrite-min-size': String(256 * 1_024 * 1_024) };
  const asked = ['appendonly', 'appendfsync', 'maxmemory-policy', 'maxmemory', 'save', ...Object.keys(rewrites)];
  const answers = await Promise.all(asked.map(async (name) => (await redis.config('GET', name)) as [string, string]));
  expect(Object.fromEntries(answers)).toEqual({
    appendonly: 'yes',
    appendfsync: 'everysec',
    'maxmemory-policy': 'noeviction',
    maxmemory: String(256 * 1_024 * 1_024),
    save: '',
    ...rewrites,
  });
  expect(await answerTo('GET x', socket)).toMatch(/^-NOAUTH/);
  expect(readFileSync(join(folder, 'run/valkey.conf'), 'utf8')).toBe('requirepass "a.pass-word_~1"\n');
});

test('the password is not among the arguments that the list of processes shows', async () => {
  const { socket, folder } = await startContainer('hidden-password');
  await eventually(() => connect(socket, 'hidden-password'), { timeoutMs: 10_000 });
  const given = readFileSync(join(folder, 'arguments'), 'utf8');
  expect(given).toContain('--maxmemory-policy noeviction');
  expect(given).not.toContain('hidden-password');
});
