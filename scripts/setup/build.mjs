// @ts-check
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { run, tailOf } from './run.mjs';
import { SetupError, say } from './say.mjs';
import { filesBelow, hashOfStats, readStamp, writeStamp } from './stamp.mjs';

/**
 * Compiles `src/` to `dist/` when a source has changed since the last build, and copies the Lua scripts beside it.
 * The new tree is built aside and put in place by a rename, so that a running process never reads a half-written file.
 * @param {string} root the repository
 * @param {{ onTypeErrors?: 'fail' | 'warn' }} [options] `warn` keeps what the compiler wrote although types do not hold
 * @returns {Promise<'built' | 'fresh'>}
 */
export async function buildDist(root, { onTypeErrors = 'fail' } = {}) {
  const dist = join(root, 'dist');
  const wanted = sourcesHash(root);
  if (readStamp(join(dist, '.stamp')) === wanted) return 'fresh';

  say('compiling src/ to dist/ (TypeScript)');
  const next = join(root, `.belfry/dist-${process.pid}`);
  const tsc = join(root, 'node_modules/.bin/tsc');
  const { code, output } = await run(tsc, ['-p', 'tsconfig.build.json', '--outDir', next], { cwd: root });
  if (code !== 0 && (onTypeErrors === 'fail' || !existsSync(next))) {
    rmSync(next, { recursive: true, force: true });
    throw new SetupError(`src/ does not compile:\n${tailOf(output, 30)}`);
  }
  if (code !== 0) say(`src/ has type errors (\`npm run check\` shows them); dist/ is built all the same`);
  copyLua(root, next);
  if (code === 0) writeStamp(join(next, '.stamp'), wanted);
  replace(next, dist);
  return 'built';
}

/** Whether `dist/` was built from the sources as they are now. @param {string} root */
export function isBuilt(root) {
  return readStamp(join(root, 'dist/.stamp')) === sourcesHash(root);
}

/** @param {string} root */
function sourcesHash(root) {
  const settings = ['tsconfig.json', 'tsconfig.build.json'].map((name) => join(root, name));
  return hashOfStats([...filesBelow(join(root, 'src')), ...settings]);
}

/** @param {string} root @param {string} target */
function copyLua(root, target) {
  const source = join(root, 'src');
  for (const file of filesBelow(source).filter((name) => name.endsWith('.lua'))) {
    const copy = join(target, relative(source, file));
    mkdirSync(dirname(copy), { recursive: true });
    copyFileSync(file, copy);
  }
}

/** @param {string} next @param {string} dist */
function replace(next, dist) {
  const old = join(dirname(next), `old-${basename(next)}`);
  if (existsSync(dist)) renameSync(dist, old);
  renameSync(next, dist);
  rmSync(old, { recursive: true, force: true });
}
