// @ts-check
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, tailOf } from './run.mjs';
import { SetupError, say } from './say.mjs';
import { filesBelow } from './stamp.mjs';

/** On Debian the program itself is in redis-tools; redis-server names it and its libraries. */
const WANTED = ['redis-server', 'redis-tools'];
const BY_HAND =
  'Install it by hand (sudo apt-get install redis-server), or set REDIS_URL to a Redis that runs elsewhere.';

/**
 * Fetches Debian's Redis packages and unpacks them below `.belfry/`. This needs no root, starts no service and changes
 * nothing outside the folder, so it is done the same way for every user.
 * @param {string} root
 */
export async function unpackRedis(root) {
  say(
    'fetching Redis from the package servers of this system into .belfry/: Belfry keeps its schedules and runs in it',
  );
  const work = join(root, '.belfry/apt');
  const tree = join(root, '.belfry/redis-packages');
  const folders = ['lists/partial', 'cache/archives/partial', 'debs'].map((name) => join(work, name));
  for (const folder of folders) mkdirSync(folder, { recursive: true });
  const debs = join(work, 'debs');
  await fetchPackages(work, debs);
  for (const deb of readdirSync(debs)) await must('dpkg-deb', ['-x', join(debs, deb), tree], debs);
  rmSync(work, { recursive: true, force: true });
  await writeWrapper(root, tree);
}

/**
 * With the system's package lists when they are there and current, else with lists of our own.
 * @param {string} work
 * @param {string} debs
 */
async function fetchPackages(work, debs) {
  if (await download([], debs)) return;
  say('reading the package lists (apt-get update, into .belfry/apt)');
  const own = [`Dir::State::Lists=${join(work, 'lists')}`, `Dir::Cache=${join(work, 'cache')}`, 'APT::Sandbox::User='];
  const options = own.flatMap((option) => ['-o', option]);
  await must('apt-get', [...options, '-qq', 'update'], debs);
  if (!(await download(options, debs))) throw new SetupError('apt-get download redis-server failed.', BY_HAND);
}

/**
 * The packages that this system lacks are the ones that a simulated install would add.
 * @param {string[]} options
 * @param {string} debs
 */
async function download(options, debs) {
  const simulated = await run('apt-get', [...options, '-s', '--no-install-recommends', 'install', ...WANTED]);
  if (simulated.code !== 0) return false;
  const missing = [...simulated.output.matchAll(/^Inst (\S+)/gm)].map((match) => match[1] ?? '');
  const names = [...new Set([...WANTED, ...missing])];
  const { code } = await run('apt-get', [...options, '-qq', 'download', ...names], { cwd: debs });
  return code === 0;
}

/**
 * The unpacked program finds its unpacked libraries through LD_LIBRARY_PATH. `exec` keeps the pid, and with it signals.
 * @param {string} root
 * @param {string} tree
 */
async function writeWrapper(root, tree) {
  const libraries = filesBelow(tree).filter((file) => /\.so(\.|$)/.test(file));
  const folders = [...new Set(libraries.map((file) => file.slice(tree.length, file.lastIndexOf('/'))))];
  const bin = join(root, '.belfry/bin');
  const wrapper = join(bin, 'redis-server');
  mkdirSync(bin, { recursive: true });
  writeFileSync(
    wrapper,
    [
      '#!/bin/sh',
      '# Made by `npm start`: runs the Redis that set-up has unpacked. Delete .belfry/bin to fetch it again.',
      'tree="$(cd "$(dirname "$0")/../redis-packages" && pwd)"',
      ...(folders.length === 0 ? [] : [`export LD_LIBRARY_PATH="${folders.map((name) => `$tree${name}`).join(':')}"`]),
      'exec "$tree/usr/bin/redis-server" "$@"',
      '',
    ].join('\n'),
    { mode: 0o755 },
  );
  const { code, output } = await run(wrapper, ['--version']);
  if (code !== 0) {
    rmSync(wrapper, { force: true });
    throw new SetupError(`the unpacked Redis does not run:\n${tailOf(output)}`, BY_HAND);
  }
  say(`unpacked ${output.trim().split(' sha=')[0] ?? 'Redis'}`);
}

/** @param {string} program @param {string[]} args @param {string} cwd */
async function must(program, args, cwd) {
  const { code, output } = await run(program, args, { cwd });
  if (code !== 0) throw new SetupError(`${program} failed:\n${tailOf(output)}`, BY_HAND);
}
