// @ts-check
import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * How to call npm. Under `npm start` it is the npm that runs us; else the one on the PATH.
 * @param {string} root
 * @returns {{ program: string, first: string[], env: Record<string, string> }}
 */
export function npmCommand(root) {
  const script = process.env['npm_execpath'];
  const env = npmEnvironment(root);
  if (script?.endsWith('npm-cli.js') === true) return { program: process.execPath, first: [script], env };
  return { program: 'npm', first: [], env };
}

/**
 * npm keeps its cache in the home folder; where that cannot be written (many CI users) it goes below `.belfry/`.
 * @param {string} root
 * @returns {Record<string, string>}
 */
function npmEnvironment(root) {
  if (process.env['npm_config_cache'] !== undefined && isWritable(process.env['npm_config_cache'])) return {};
  const home = process.env['HOME'] ?? homedir();
  if (isWritable(join(home, '.npm')) || (!existsSync(join(home, '.npm')) && isWritable(home))) return {};
  const cache = join(root, '.belfry/npm-cache');
  mkdirSync(cache, { recursive: true });
  return { npm_config_cache: cache };
}

/** @param {string} folder */
function isWritable(folder) {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
