import { mkdirSync, mkdtempSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { areReady, findProgram, linkFromPath } from '../../scripts/setup/programs.mjs';
import { run, runTwice } from '../../scripts/setup/run.mjs';

const folder = mkdtempSync(join(tmpdir(), 'belfry-programs-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const tool = (program: string) => ({ program, versionArgs: ['--version'], oldest: [3, 18, 5] as const });

/** A folder for the PATH with programs that tell these versions, and a clone without any. */
function newMachine(versions: Readonly<Record<string, string>>): { root: string; searchPath: string } {
  const root = mkdtempSync(join(folder, 'clone-'));
  const searchPath = mkdtempSync(join(folder, 'path-'));
  for (const [program, words] of Object.entries(versions)) {
    writeFileSync(join(searchPath, program), `#!/bin/sh\necho '${words}'\n`, { mode: 0o755 });
  }
  return { root, searchPath };
}

describe('a program of the PATH', () => {
  test.each([
    ['v3.18.5+gb78692c', true],
    ['v3.18.4', false],
    ['v3.18', false],
    ['v3.20.0', true],
    ['v4.1.4+g05fa379', true],
    ['v2.99.99', false],
    ['prometheus, version 10.42.0+ds (branch: debian/sid)', true],
    ['no number at all', false],
  ])('that says "%s" serves where 3.18.5 is asked for: %s', async (words, serves) => {
    const { root, searchPath } = newMachine({ helm: words });
    expect(await linkFromPath(root, [tool('helm')], searchPath)).toBe(serves);
    expect(areReady(root, ['helm'])).toBe(serves);
  });

  test('is linked together with those that it goes with, or not at all', async () => {
    const { root, searchPath } = newMachine({ prometheus: '3.20.0', promtool: '3.1.0' });
    expect(await linkFromPath(root, [tool('prometheus'), tool('promtool')], searchPath)).toBe(false);
    expect(areReady(root, ['prometheus'])).toBe(false);
    writeFileSync(join(searchPath, 'promtool'), '#!/bin/sh\necho 3.20.0\n', { mode: 0o755 });
    expect(await linkFromPath(root, [tool('prometheus'), tool('promtool')], searchPath)).toBe(true);
    expect(readlinkSync(join(root, '.belfry/bin/promtool'))).toBe(join(searchPath, 'promtool'));
  });

  test('that is gone leaves a link that does not count, and is linked again when it is back', async () => {
    const { root, searchPath } = newMachine({ helm: '4.0.0' });
    mkdirSync(join(root, '.belfry/bin'), { recursive: true });
    symlinkSync('/nowhere/helm', join(root, '.belfry/bin/helm'));
    expect(areReady(root, ['helm'])).toBe(false);
    expect(findProgram(root, ['helm'], searchPath)).toBe(join(searchPath, 'helm'));
    expect(await linkFromPath(root, [tool('helm')], searchPath)).toBe(true);
    expect(findProgram(root, ['helm'], searchPath)).toBe(join(root, '.belfry/bin/helm'));
  });

  test('is no folder of that name', () => {
    const { root, searchPath } = newMachine({});
    mkdirSync(join(searchPath, 'helm'));
    expect(findProgram(root, ['helm'], searchPath)).toBeUndefined();
  });
});

describe('a program that set-up runs', () => {
  test('and that does not end in time is ended, and says so', async () => {
    const { code, output } = await run('sleep', ['60'], { timeoutMs: 50 });
    expect(code).toBe(124);
    expect(output).toContain('sleep was not done after 0.05 s');
  });

  test('and that is not there answers as a shell would', async () => {
    expect(await run('belfry-no-such-program', [])).toMatchObject({ code: 127 });
  });

  test.each([
    ['the second time', 1, 0],
    ['never', 2, 1],
  ])('for a download is run twice at most: one that works %s', async (_, failures, code) => {
    const journal = join(mkdtempSync(join(folder, 'twice-')), 'journal');
    const script = `echo try >> ${journal}; [ "$(wc -l < ${journal})" -gt ${String(failures)} ]`;
    expect(await runTwice('sh', ['-c', script])).toMatchObject({ code });
    expect((await run('cat', [journal])).output).toBe('try\ntry\n');
  });
});
