import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';

const repo = fileURLToPath(new URL('../..', import.meta.url));
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** Runs vitest with the closing line's reporter over these files; answers what it counted and the exit code. */
function countOf(files: Readonly<Record<string, string>>): { counts: unknown; code: number | null } {
  const root = mkdtempSync(join(tmpdir(), 'belfry-closing-'));
  folders.push(root);
  symlinkSync(join(repo, 'node_modules'), join(root, 'node_modules'));
  for (const [name, body] of Object.entries(files)) {
    writeFileSync(join(root, name), `import { describe, expect, test, beforeAll } from 'vitest';\n${body}`);
  }
  const countsFile = join(root, 'counts.json');
  const reporter = `--reporter=${join(repo, 'test/support/closing_line.ts')}`;
  const { status } = spawnSync(join(repo, 'node_modules/.bin/vitest'), ['run', '--root', root, reporter], {
    env: { ...process.env, BELFRY_TEST_COUNTS: countsFile, VITEST: undefined },
  });
  return { counts: JSON.parse(readFileSync(countsFile, 'utf8')), code: status };
}

test('what passed, failed and was skipped is counted by test, in groups too', () => {
  const { counts, code } = countOf({
    'a.test.ts': `test('a', () => {}); describe('g', () => { test('b', () => {}); test.skip('c', () => {}); });`,
    'b.test.ts': `test('d', () => { expect(1).toBe(2); });`,
  });
  expect(counts).toEqual({ passed: 2, failed: 1, skipped: 1 });
  expect(code).not.toBe(0);
});

test('a file that cannot be loaded, a failed hook and a lost rejection are failures, though no test of theirs ran', () => {
  const { counts, code } = countOf({
    'a.test.ts': `throw new Error('at import');`,
    'b.test.ts': `describe('g', () => { beforeAll(() => { throw new Error('in a hook'); }); test('x', () => {}); });`,
    'c.test.ts': `test('y', async () => { void Promise.reject(new Error('lost')); await new Promise((r) => setTimeout(r, 20)); });`,
  });
  expect(counts).toMatchObject({ passed: 1, failed: 3 });
  expect(code).not.toBe(0);
});
