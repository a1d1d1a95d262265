// @ts-check
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { npmCommand } from './npm.mjs';
import { run, tailOf } from './run.mjs';
import { SetupError, say } from './say.mjs';
import { hashOfContent, readStamp, writeStamp } from './stamp.mjs';

/** @typedef {{ packages: Record<string, { version?: string, optional?: boolean, devOptional?: boolean, peer?: boolean }> }} Lock */

const STAMP = 'node_modules/.belfry-setup';

/** Whether `node_modules/` is what package-lock.json says. @param {string} root */
export function arePackagesInstalled(root) {
  const wanted = hashOfContent(join(root, 'package-lock.json'));
  if (readStamp(join(root, STAMP)) === wanted) return existsSync(join(root, 'node_modules/.bin/belfry'));
  return false;
}

/**
 * Installs the packages of package-lock.json, exactly those, unless they are there already.
 * @param {string} root
 */
export async function ensurePackages(root) {
  if (arePackagesInstalled(root)) return;
  if (!matchesLock(root)) {
    say('installing the packages of package-lock.json into node_modules/ (npm ci): the libraries Belfry is built on');
    await installPackages(root);
  }
  linkOwnCommand(root);
  writeStamp(join(root, STAMP), hashOfContent(join(root, 'package-lock.json')));
}

/** @param {string} root */
async function installPackages(root) {
  // Dev packages too, whatever NODE_ENV says: the compiler is one. Nothing of ours needs install scripts.
  const args = ['ci', '--include=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const { program, first, env } = npmCommand(root);
  const { code, output } = await run(program, [...first, ...args], { cwd: root, env });
  if (code === 0) return;
  throw new SetupError(
    `npm ci failed:\n${tailOf(withoutHelp(output))}`,
    'Check that the npm registry can be reached (npm ping) and that this folder can be written, then start again.',
  );
}

/** npm ends some errors with pages of usage and news about itself. @param {string} output */
function withoutHelp(output) {
  const lines = output.split('\n').filter((line) => !line.startsWith('npm notice') && line.trim() !== 'npm error');
  const help = lines.findIndex((line) => /^npm error (?:Clean install a project|Usage:)/.test(line));
  return lines.slice(0, help === -1 ? undefined : help).join('\n');
}

/**
 * Somebody may have run `npm install` by hand: npm notes what it installed in node_modules/.package-lock.json.
 * Platform packages are optional and may be absent; nothing may be there in another version.
 * @param {string} root
 */
function matchesLock(root) {
  const installedFile = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(installedFile)) return false;
  const wanted = readLock(join(root, 'package-lock.json'));
  const installed = readLock(installedFile);
  const isAsWanted = Object.entries(installed).every(([path, { version }]) => wanted[path]?.version === version);
  const isComplete = Object.entries(wanted).every(
    ([path, { optional, devOptional }]) =>
      path === '' || optional === true || devOptional === true || path in installed,
  );
  return isAsWanted && isComplete;
}

/** @param {string} file */
function readLock(file) {
  const lock = /** @type {Lock} */ (JSON.parse(readFileSync(file, 'utf8')));
  return lock.packages;
}

/**
 * npm links the commands of packages, not the project's own: with this link `npx belfry` works in the clone.
 * @param {string} root
 */
function linkOwnCommand(root) {
  const link = join(root, 'node_modules/.bin/belfry');
  rmSync(link, { force: true });
  mkdirSync(join(root, 'node_modules/.bin'), { recursive: true });
  symlinkSync('../../bin/belfry.js', link);
}
