// @ts-check
import { accessSync, constants, mkdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run, tailOf } from './run.mjs';
import { SetupError, say } from './say.mjs';

/**
 * @typedef {object} Tool a program that must be of some version
 * @property {string} program
 * @property {string[]} versionArgs what makes it tell its version, as the first x.y or x.y.z of its output
 * @property {readonly [number, number, number]} oldest the oldest version that serves
 */

/** Where set-up puts programs, and links to those of the system that it has found good. @param {string} root */
export function ownPrograms(root) {
  return join(root, '.belfry/bin');
}

/**
 * The first of these programs that can be executed: below `.belfry/` before the PATH.
 * @param {string} root
 * @param {readonly string[]} names
 * @param {string} [searchPath]
 * @returns {string | undefined}
 */
export function findProgram(root, names, searchPath = process.env['PATH'] ?? '') {
  return findIn([ownPrograms(root), ...foldersOf(searchPath)], names);
}

/** Whether each of these was put or linked below `.belfry/`. @param {string} root @param {readonly string[]} names */
export function areReady(root, names) {
  return names.every((name) => isExecutable(join(ownPrograms(root), name)));
}

/**
 * Links programs of the PATH below `.belfry/`, so that their versions need no second look. All of them or none.
 * @param {string} root
 * @param {readonly Tool[]} tools
 * @param {string} [searchPath]
 * @returns {Promise<boolean>} false where one is not there or too old
 */
export async function linkFromPath(root, tools, searchPath = process.env['PATH'] ?? '') {
  const found = tools.map(({ program }) => findIn(foldersOf(searchPath), [program]));
  for (const [index, tool] of tools.entries()) {
    const file = found[index];
    if (file === undefined || !(await isNewEnough(file, tool))) return false;
  }
  mkdirSync(ownPrograms(root), { recursive: true });
  for (const [index, { program }] of tools.entries()) {
    const link = join(ownPrograms(root), program);
    rmSync(link, { force: true });
    symlinkSync(found[index] ?? '', link);
  }
  return true;
}

/** @param {string} file @param {Tool} tool */
async function isNewEnough(file, { versionArgs, oldest }) {
  const { code, output } = await run(file, versionArgs, { timeoutMs: 20_000 });
  if (code !== 0) return false;
  const [, ...parts] = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(output) ?? [];
  if (parts.length === 0) return false;
  const differing = oldest.findIndex((number, index) => number !== Number(parts[index] ?? 0));
  return differing === -1 || Number(parts[differing] ?? 0) > (oldest[differing] ?? 0);
}

/**
 * Whether each of these answers when it is asked for its version.
 * @param {string[]} programs
 */
export async function areInstalled(...programs) {
  const outcomes = await Promise.all(programs.map((program) => run(program, ['--version'])));
  return outcomes.every(({ code }) => code === 0);
}

/**
 * @param {{ formula: string, words: string, byHand: string }} wanted `words` names what is installed and why
 */
export async function installWithBrew({ formula, words, byHand }) {
  say(`installing ${words} with Homebrew (brew install ${formula})`);
  const { code, output } = await run('brew', ['install', formula]);
  if (code !== 0) throw new SetupError(`brew install ${formula} failed:\n${tailOf(output)}`, byHand);
}

/** @param {readonly string[]} folders @param {readonly string[]} names */
function findIn(folders, names) {
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find(isExecutable);
}

/** @param {string} searchPath */
function foldersOf(searchPath) {
  return searchPath.split(delimiter).filter((folder) => folder !== '');
}

/** @param {string} file */
function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
