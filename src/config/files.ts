import { readFileSync } from 'node:fs';
import { BelfryError, messageOf } from '../core/errors.ts';
import { suggest } from '../core/suggest.ts';
import { SETTINGS } from './settings.ts';

export const CONFIG_FILE = 'belfry.config.json';
const KEYS: readonly string[] = [...Object.keys(SETTINGS), 'redisUrl', 'redlock'];

/** Reads a file that configuration names. @throws BelfryError BAD_CONFIG naming `place` and the file. */
export function readText(file: string, place: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new BelfryError('BAD_CONFIG', `${place}: cannot read ${file}: ${messageOf(error)}`, {
      field: place,
      hint: 'an existing file that this user may read',
    });
  }
}

/** The settings that a file writes. @throws BelfryError BAD_CONFIG for bad JSON and for keys that are not settings. */
export function readConfigFile(file: string): Readonly<Record<string, unknown>> {
  const content = parseJson(readText(file, file), file);
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new BelfryError('BAD_CONFIG', `${file} holds no object`, { field: file, hint: 'such as { "shards": 1 }' });
  }
  for (const key of Object.keys(content)) {
    if (KEYS.includes(key) || key === '$schema') continue;
    const near = suggest(key, KEYS);
    throw new BelfryError('BAD_CONFIG', `${file} has the unknown key "${key}"`, {
      field: key,
      hint: near === undefined ? `known: ${KEYS.join(', ')}` : `did you mean "${near}"?`,
    });
  }
  return content as Record<string, unknown>;
}

function parseJson(content: string, file: string): unknown {
  try {
    return JSON.parse(content);
  } catch (error) {
    const offset = Number(/position (\d+)/.exec(messageOf(error))?.[1] ?? content.length);
    const lines = content.slice(0, offset).split('\n');
    const place = `${file}:${String(lines.length)}:${String((lines.at(-1)?.length ?? 0) + 1)}`;
    throw new BelfryError('BAD_CONFIG', `${place}: this is not JSON: ${messageOf(error)}`, {
      field: place,
      hint: 'double quotes around keys and text, no comments, no comma after the last entry',
    });
  }
}
