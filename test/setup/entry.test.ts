import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const repo = fileURLToPath(new URL('../..', import.meta.url));

test('the program may be started without the ending of its file', () => {
  const { status, stdout, stderr } = spawnSync('node', ['bin/belfry', '--version'], { cwd: repo, encoding: 'utf8' });
  expect({ status, stderr }).toMatchObject({ status: 0, stderr: expect.not.stringContaining('Error') as unknown });
  expect(stdout).toMatch(/^\d+\.\d+\.\d+/);
});
