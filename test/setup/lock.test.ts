import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';

const lockModule = fileURLToPath(new URL('../../scripts/setup/lock.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'belfry-lock-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A process that takes the lock and writes down when it came and when it went. */
function contender(lock: string, journal: string): Promise<number | null> {
  const script = `
    import { appendFileSync } from 'node:fs';
    import { whileLocked } from ${JSON.stringify(lockModule)};
    await whileLocked(${JSON.stringify(lock)}, async () => {
      appendFileSync(${JSON.stringify(journal)}, 'in ');
      await new Promise((resolve) => setTimeout(resolve, 30));
      appendFileSync(${JSON.stringify(journal)}, 'out ');
    });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' });
  return new Promise((resolve) => child.once('close', resolve));
}

test.each([
  ['nobody holds it', undefined],
  ['a dead process holds it', 'dead'],
  ['a live pid holds it but has not touched it for a minute', 'silent'],
])('several set-ups at once take turns when %s', async (_, holder) => {
  const lock = join(folder, `${holder ?? 'free'}.lock`);
  const journal = `${lock}.journal`;
  const deadPid = spawnSync(process.execPath, ['-e', '']).pid;
  if (holder === 'dead') writeFileSync(lock, String(deadPid));
  if (holder === 'silent') {
    writeFileSync(lock, String(process.pid));
    utimesSync(lock, new Date(0), new Date(0));
  }
  const codes = await Promise.all(Array.from({ length: 5 }, () => contender(lock, journal)));
  expect(codes).toEqual([0, 0, 0, 0, 0]);
  expect(readFileSync(journal, 'utf8')).toBe('in out '.repeat(5));
  expect(existsSync(lock)).toBe(false);
});
