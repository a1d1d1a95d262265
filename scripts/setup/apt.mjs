// @ts-check
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ownPrograms } from './programs.mjs';
import { run, runTwice, tailOf } from './run.mjs';
import { SetupError, say } from './say.mjs';
import { filesBelow } from './stamp.mjs';

/**
 * @typedef {object} Wanted
 * @property {string} name what it is called; in lower case it names the folder below `.belfry/`
 * @property {string} why what Belfry needs it for
 * @property {string[]} packages
 * @property {string[]} programs those of /usr/bin that are to be run
 * @property {'those that lack' | 'none'} dependencies which of the packages that these depend on come too
 * @property {string} byHand what to do when it cannot be had
 */

const DOWNLOAD_MS = 600_000;

/** Package lists of our own serve everything that one set-up fetches, and go with it. @type {Map<string, string[]>} */
const ownLists = new Map();

/**
 * Fetches Debian's packages and unpacks them below `.belfry/`. This needs no root, starts no service and changes
 * nothing outside the folder, so it is done the same way for every user.
 * @param {string} root
 * @param {Wanted} wanted
 */
export async function unpackPackages(root, wanted) {
  const { name, why, programs, byHand } = wanted;
  say(`fetching ${name} from the package servers of this system into .belfry/: ${why}`);
  const tree = join(root, '.belfry', `${name.toLowerCase()}-packages`);
  const debs = join(root, '.belfry/debs');
  for (const folder of [tree, debs]) rmSync(folder, { recursive: true, force: true });
  mkdirSync(debs, { recursive: true });
  await fetchPackages(root, debs, wanted);
  for (const deb of readdirSync(debs)) {
    const { code, output } = await run('dpkg-deb', ['-x', join(debs, deb), tree]);
    if (code !== 0) throw new SetupError(`dpkg-deb -x ${deb} failed:\n${tailOf(output)}`, byHand);
  }
  rmSync(debs, { recursive: true });
  for (const program of programs) await writeWrapper(root, tree, { program, wanted });
}

/**
 * With the system's package lists when they are there and current, else with lists of our own.
 * @param {string} root
 * @param {string} debs
 * @param {Wanted} wanted
 */
async function fetchPackages(root, debs, wanted) {
  if (await download(ownLists.get(root) ?? [], debs, wanted)) return;
  const options = ownLists.get(root) ?? (await readOwnLists(root, wanted.byHand));
  if (await download(options, debs, wanted)) return;
  throw new SetupError(`apt-get download ${wanted.packages.join(' ')} failed.`, wanted.byHand);
}

/** @param {string} root @param {string} byHand */
async function readOwnLists(root, byHand) {
  say('reading the package lists (apt-get update, into .belfry/apt)');
  const work = join(root, '.belfry/apt');
  const folders = ['lists/partial', 'cache/archives/partial'].map((name) => join(work, name));
  for (const folder of folders) mkdirSync(folder, { recursive: true });
  process.once('exit', () => rmSync(work, { recursive: true, force: true }));
  const own = [`Dir::State::Lists=${join(work, 'lists')}`, `Dir::Cache=${join(work, 'cache')}`, 'APT::Sandbox::User='];
  const options = own.flatMap((option) => ['-o', option]);
  const { code, output } = await runTwice('apt-get', [...options, '-qq', 'update'], { timeoutMs: DOWNLOAD_MS });
  if (code !== 0) throw new SetupError(`apt-get update failed:\n${tailOf(output)}`, byHand);
  ownLists.set(root, options);
  return options;
}

/**
 * The packages that this system lacks are the ones that a simulated install would add.
 * @param {string[]} options
 * @param {string} debs
 * @param {Wanted} wanted
 */
async function download(options, debs, { packages, dependencies }) {
  const names = new Set(packages);
  if (dependencies === 'those that lack') {
    const simulated = await run('apt-get', [...options, '-s', '--no-install-recommends', 'install', ...packages]);
    if (simulated.code !== 0) return false;
    for (const [, missing = ''] of simulated.output.matchAll(/^Inst (\S+)/gm)) names.add(missing);
  }
  const args = [...options, '-o', 'Acquire::Retries=1', '-qq', 'download', ...names];
  const { code } = await run('apt-get', args, { cwd: debs, timeoutMs: DOWNLOAD_MS });
  return code === 0;
}

/**
 * The unpacked program finds its unpacked libraries through LD_LIBRARY_PATH. `exec` keeps the pid, and with it signals.
 * @param {string} root
 * @param {string} tree
 * @param {{ program: string, wanted: Wanted }} options
 */
async function writeWrapper(root, tree, { program, wanted: { name, byHand } }) {
  const libraries = filesBelow(tree).filter((file) => /\.so(\.|$)/.test(file));
  const folders = [...new Set(libraries.map((file) => file.slice(tree.length, file.lastIndexOf('/'))))];
  const wrapper = join(ownPrograms(root), program);
  mkdirSync(ownPrograms(root), { recursive: true });
  rmSync(wrapper, { force: true });
  writeFileSync(
    wrapper,
    [
      '#!/bin/sh',
      `# Made by set-up: runs the ${name} that it has unpacked. Delete .belfry/bin to fetch it again.`,
      `tree="$(cd "$(dirname "$0")/../${name.toLowerCase()}-packages" && pwd)"`,
      ...(folders.length === 0 ? [] : [`export LD_LIBRARY_PATH="${folders.map((path) => `$tree${path}`).join(':')}"`]),
      `exec "$tree/usr/bin/${program}" "$@"`,
      '',
    ].join('\n'),
    { mode: 0o755 },
  );
  const { code, output } = await run(wrapper, ['--version']);
  if (code !== 0) {
    rmSync(wrapper, { force: true });
    throw new SetupError(`the unpacked ${program} does not run:\n${tailOf(output)}`, byHand);
  }
  say(`unpacked ${/^.*?(?= sha=| \(branch)/.exec(output)?.[0] ?? program}`);
}
