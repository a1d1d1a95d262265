import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { COVERED, EXCEPTIONS } from '../cluster/fail_points/tables.ts';

const folder = new URL('../../src/store/lua/', import.meta.url);
const files = readdirSync(folder).map((file) => file.slice(0, -'.lua'.length));
const bodyOf = (name: string): string =>
  readFileSync(new URL(`${name}.lua`, folder), 'utf8').replaceAll(/^\s*--(?! include:).*$/gm, '');
const partsOf = (body: string): string[] => /^-- include: (.*)$/m.exec(body)?.[1]?.trim().split(/\s+/) ?? [];

/** Commands that change nothing. All others write, and so does what is called by a name that is not plain. */
const READS =
  'EXISTS GET HEXISTS HGET HGETALL HKEYS HLEN HMGET HRANDFIELD HVALS INFO LINDEX LLEN LRANGE SCARD SISMEMBER SMEMBERS SMISMEMBER SRANDMEMBER STRLEN TIME ZCARD ZCOUNT ZMSCORE ZRANGE ZRANGEBYSCORE ZSCORE';
const reads = new Set(READS.split(' '));

/** Functions that a script or part defines, by name, and what is outside of any. */
function functionsOf(body: string): { outside: string; inside: Map<string, string> } {
  const inside = new Map<string, string>();
  const pattern = /^(?:local function (\w+)|(\w+) = function|function (\w+))[^\n]*\n[\s\S]*?^end\b/gm;
  const outside = body.replaceAll(pattern, (text: string, ...[one, two, three]: (string | undefined)[]) => {
    inside.set(one ?? two ?? three ?? '', text);
    return '';
  });
  return { outside, inside };
}

function writesItself(text: string): boolean {
  const commands = [...text.matchAll(/redis\.call\((?:'(\w+)'|(\w+))/g)].map(([, plain]) => plain);
  return commands.some((command) => command === undefined || !reads.has(command));
}

/** Follows the functions that are called, through the parts that are included and the prelude. */
function writes(name: string): boolean {
  const known = new Map<string, string>();
  const seen = new Set<string>();
  const learn = (part: string): void => {
    if (seen.has(part)) return;
    seen.add(part);
    const body = bodyOf(part);
    for (const [called, text] of functionsOf(body).inside) known.set(called, text);
    for (const included of partsOf(body)) learn(included);
  };
  learn('_prelude');
  learn(name);
  const done = new Set<string>();
  const follow = (text: string): boolean => {
    if (writesItself(text)) return true;
    const called = [...text.matchAll(/\b(\w+)\b/g)].map(([word]) => word).filter((word) => known.has(word));
    return called.some((word) => {
      if (done.has(word)) return false;
      done.add(word);
      return follow(known.get(word) ?? '');
    });
  };
  return follow(functionsOf(bodyOf(name)).outside);
}

const scripts = files.filter((name) => !name.startsWith('_'));
const writing = scripts.filter(writes).sort();

test('a process is killed in the middle of each script that writes, or it is said why not', () => {
  expect([...COVERED, ...Object.keys(EXCEPTIONS)].sort()).toEqual(writing);
  expect(Object.keys(EXCEPTIONS).filter((name) => COVERED.has(name))).toEqual([]);
});

test('what only reads is told from what writes', () => {
  expect(scripts.filter((name) => !writing.includes(name)).sort()).toEqual([
    'bulk_due',
    'ended_since',
    'held_by',
    'outbox',
    'overview',
    'read_jobs',
    'waiting_runs',
  ]);
});
