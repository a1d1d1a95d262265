import { spawn } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { jobFile, makePlace, type Place } from '../support/belfry_process.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free_port.ts';
import { startRedis } from '../support/redis.ts';
import { readRepository, ROOT } from './files.ts';

const lines = readRepository('Procfile')
  .trim()
  .split('\n')
  .map((line) => /^([a-z]+): (.+)$/.exec(line)?.slice(1, 3) as [string, string]);

/** A process as a platform starts it: by a shell, in a group of its own, with its folder of commands on the PATH. */
function launch(command: string, place: Place, variables: Record<string, string>) {
  const { PATH = '', HOME = '' } = process.env;
  const env = { HOME, PATH: `${place.folder}/bin:${PATH}`, ...variables };
  const child = spawn('sh', ['-c', command], {
    cwd: place.folder,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const end = async (): Promise<number | null> => {
    if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
    return ended;
  };
  onTestFinished(async () => void (await end()));
  return { output: () => output, end };
}

test('the Procfile names the three roles, and each line of it runs', async () => {
  expect(lines.map(([name]) => name)).toEqual(['web', 'scheduler', 'worker']);
  const redis = await startRedis();
  const place = makePlace({ 'tick.ts': jobFile(`schedule: { every: '1s' }, run: () => null`) });
  place.write('bin/belfry', `#!/bin/sh\nexec '${process.execPath}' '${join(ROOT, 'dist/main.js')}' "$@"\n`);
  chmodSync(join(place.folder, 'bin/belfry'), 0o755);
  const port = await freePort();
  const started = lines.map(([, command]) =>
    launch(command, place, { REDIS_URL: redis.url, PORT: String(port), BELFRY_LOG_FORMAT: 'json' }),
  );
  for (const { output } of started) await eventually(() => expect(output()).toContain('is up"'), { timeoutMs: 15_000 });
  const response = await fetch(`http://127.0.0.1:${String(port)}/readyz`);
  expect(response.status).toBe(200);
  for (const one of started) expect(await one.end(), one.output()).toBe(0);
});
