// Writes the table of values in charts/belfry/README.md from the comments in values.yaml. `--check` only compares.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMap, parseDocument } from 'yaml';

const chart = join(import.meta.dirname, '../charts/belfry');
const BEGIN = '<!-- values: made by scripts/chart_readme.mjs -->';
const END = '<!-- end of values -->';

/** Values that are parts of objects of Kubernetes: one row each. */
const WHOLE = /(?:[sS]ecurityContext|resources|updateStrategy|matches|Volume)$/;

/**
 * `# -- words` before a key describe its value; other words before a map head its rows.
 * @param {string} comment
 */
function wordsOf(comment) {
  const lines = comment
    .replace(/^.*\n\n/s, '')
    .split('\n')
    .map((line) => line.trim());
  const first = lines.findIndex((line) => line.startsWith('-- '));
  if (first === -1) return { heading: lines.join(' ').trim(), text: '' };
  return { heading: '', text: lines.slice(first).join(' ').slice('-- '.length).trim() };
}

/**
 * Rows of a map, in the order of the file. Throws for a value that nobody has described.
 * @param {import('yaml').YAMLMap<import('yaml').Scalar, import('yaml').Node>} map
 * @param {string} path
 * @returns {string[]}
 */
function rowsOf(map, path) {
  return map.items.flatMap(({ key, value }, index) => {
    // The parser gives what stands before the first key of a map to the map.
    const { heading, text } = wordsOf(key.commentBefore ?? (index === 0 ? map.commentBefore : undefined) ?? '');
    const name = `${path}${String(key.value)}`;
    if (isMap(value) && !value.flow && !WHOLE.test(name)) {
      const head = heading + text === '' ? [] : [`| **\`${name}\`** | ${cell(heading + text)} | |`];
      return [...head, ...rowsOf(/** @type {typeof map} */ (value), `${name}.`)];
    }
    if (text === '') throw new Error(`values.yaml: ${name} has no comment that begins with "# -- "`);
    return [`| \`${name}\` | ${cell(text)} | \`${cell(JSON.stringify(value))}\` |`];
  });
}

/** @param {string} text */
function cell(text) {
  return text.replaceAll('|', '\\|');
}

const { contents } = parseDocument(readFileSync(join(chart, 'values.yaml'), 'utf8'));
if (!isMap(contents)) throw new Error('values.yaml holds no map');
const rows = rowsOf(/** @type {Parameters<typeof rowsOf>[0]} */ (contents), '');
const table = ['| Value | What it does | Default |', '|---|---|---|', ...rows];

const file = join(chart, 'README.md');
const readme = readFileSync(file, 'utf8');
const head = readme.indexOf(BEGIN);
const tail = readme.indexOf(END);
if (head === -1 || tail === -1) throw new Error(`${file} has no lines ${BEGIN} and ${END}`);
const fresh = `${readme.slice(0, head)}${BEGIN}\n\n${table.join('\n')}\n\n${readme.slice(tail)}`;
if (!process.argv.includes('--check')) writeFileSync(file, fresh);
else if (fresh !== readme) {
  process.stderr.write('charts/belfry/README.md does not fit values.yaml: run node scripts/chart_readme.mjs\n');
  process.exitCode = 1;
}
