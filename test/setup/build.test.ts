import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { buildDist, isBuilt } from '../../scripts/setup/build.mjs';

const repo = fileURLToPath(new URL('../..', import.meta.url));
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** A project with one source file and one script, built with this repository's settings and compiler. */
function newProject(source: string): string {
  const root = mkdtempSync(join(tmpdir(), 'belfry-build-'));
  folders.push(root);
  mkdirSync(join(root, 'src/store/lua'), { recursive: true });
  mkdirSync(join(root, '.belfry'));
  symlinkSync(join(repo, 'node_modules'), join(root, 'node_modules'));
  for (const name of ['tsconfig.json', 'tsconfig.build.json', 'package.json'])
    cpSync(join(repo, name), join(root, name));
  writeFileSync(join(root, 'src/index.ts'), source);
  writeFileSync(join(root, 'src/store/lua/fire.lua'), 'return 1\n');
  return root;
}

test('a build compiles the sources, copies the scripts, and is fresh until a source changes', async () => {
  const root = newProject("export const word: string = 'one';\n");
  expect(isBuilt(root)).toBe(false);
  expect(await buildDist(root)).toBe('built');
  expect(readFileSync(join(root, 'dist/index.js'), 'utf8')).toContain("'one'");
  expect(readFileSync(join(root, 'dist/store/lua/fire.lua'), 'utf8')).toBe('return 1\n');
  expect(await buildDist(root)).toBe('fresh');

  writeFileSync(join(root, 'src/index.ts'), "export const word: string = 'another';\n");
  expect(isBuilt(root)).toBe(false);
  expect(await buildDist(root)).toBe('built');
  expect(readFileSync(join(root, 'dist/index.js'), 'utf8')).toContain("'another'");
});

test('a source that is removed leaves nothing behind in the next build', async () => {
  const root = newProject('export {};\n');
  writeFileSync(join(root, 'src/old.ts'), 'export {};\n');
  await buildDist(root);
  rmSync(join(root, 'src/old.ts'));
  await buildDist(root);
  expect(existsSync(join(root, 'dist/old.js'))).toBe(false);
});

test('sources that do not compile are reported by line, and the build that works stays', async () => {
  const root = newProject("export const word: string = 'one';\n");
  await buildDist(root);
  writeFileSync(join(root, 'src/index.ts'), 'export const word: string = 1;\n');
  await expect(buildDist(root)).rejects.toThrow(/does not compile:\nsrc\/index\.ts\(1,14\)/);
  expect(readFileSync(join(root, 'dist/index.js'), 'utf8')).toContain("'one'");

  expect(await buildDist(root, { onTypeErrors: 'warn' })).toBe('built');
  expect(isBuilt(root)).toBe(false);
});
