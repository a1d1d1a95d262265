import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const store = new URL('../../src/store/', import.meta.url);
const scripts = readdirSync(new URL('lua/', store)).map((file) => ({
  file,
  text: readFileSync(new URL(`lua/${file}`, store), 'utf8').replaceAll(/^\s*--.*$/gm, ''),
}));

/** What stands before a type in the list of shard.ts: `lane:Q|P:JOB   list` gives `lane`. */
function namesInTheList(): Set<string> {
  const text = readFileSync(new URL('shard.ts', store), 'utf8');
  const list = text.slice(text.indexOf('Keys of a shard'), text.indexOf('The layout is the same'));
  const cells = list.matchAll(/([a-z_]+(?:, [a-z_]+)*)(?::\S*)?\s+(?:hash|zset|list|set|int|str|on shard 0)\b/g);
  return new Set([...cells].flatMap((cell) => (cell[1] ?? '').split(', ')));
}

function namesInTheScripts(): Set<string> {
  const names = scripts.flatMap(({ text }) =>
    [...text.matchAll(/\bP \.\. '([a-z_]+):?'/g)].map((match) => match[1] ?? ''),
  );
  // `overview` goes over two of the families by name.
  const families = scripts.flatMap(({ text }) => [...text.matchAll(/'([a-z_]+):'/g)].map((match) => match[1] ?? ''));
  return new Set([...names, ...families]);
}

describe('the keys of a shard', () => {
  test('are the same in the list that describes them and in the scripts', () => {
    const listed = [...namesInTheList()].sort();
    // `scratch` never exists: deleting it is how a script is allowed to write when Redis is full.
    const used = [...namesInTheScripts()]
      .filter((name) => name !== 'scratch' && name !== 'queue' && name !== 'job')
      .sort();
    expect(used).toEqual(listed);
    expect(used.length).toBeGreaterThan(25);
  });

  test('are all made from the prefix, which is the only key that a script is given', () => {
    const others = scripts.filter(({ text }) => /KEYS\[(?!1\])/.test(text) || /['"]\{(?!")/.test(text));
    expect(others.map(({ file }) => file)).toEqual([]);
  });
});
