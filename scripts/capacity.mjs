#!/usr/bin/env node
// @ts-check
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { PAYLOAD } from '../bench/subject.mjs';
import { spreadOf } from '../bench/statistics.mjs';
import { report, setUp } from './setup.mjs';

const root = dirname(import.meta.dirname);
const PREFIX = 'capacity-';
const PAYLOAD_BYTES = JSON.stringify(PAYLOAD).length;

/** @typedef {{ machine: Record<string, unknown>, results: { name: string, unit: string, belfry: { median: number, min: number, max: number } }[] }} Report */

/**
 * Takes medians of what `npm run bench --silent -- --only capacity --json` has answered once or several times, in files, over to docs/capacity.json and to
 * the constants of the model; then, or without a file, writes the tables of docs/capacity.md anew.
 */
try {
  const reports = process.argv.slice(2).map((file) => /** @type {Report} */ (JSON.parse(readFileSync(file, 'utf8'))));
  const [first, ...others] = reports;
  if (first !== undefined) takeOver(first, others);
  await setUp({ root, purpose: 'build' });
  // Only now are the packages there that it imports.
  const { createJiti } = await import('jiti');
  const tables = await createJiti(import.meta.url).import('../test/support/capacity_tables.ts');
  const { fillTables } = /** @type {typeof import('../test/support/capacity_tables.ts')} */ (tables);
  const page = join(root, 'docs/capacity.md');
  write(page, fillTables(readFileSync(page, 'utf8')));
} catch (error) {
  report(error);
  process.exitCode = 1;
}

/** @param {Report} first @param {Report[]} others of the same commit and machine */
function takeOver(first, others) {
  const { machine, results } = first;
  const own = results
    .filter(({ name }) => name.startsWith(PREFIX))
    .map(({ name, unit }) => {
      const all = [first, ...others].flatMap((one) => one.results.filter((result) => result.name === name));
      const spread = spreadOf(all.map(({ belfry }) => belfry.median));
      const { min, max } = spreadOf(all.flatMap(({ belfry }) => [belfry.min, belfry.max]));
      return { name: name.slice(PREFIX.length), unit, median: spread.median, min, max };
    });
  /** @type {Record<string, unknown>} */
  const figures = {};
  for (const { name, ...figure } of own) figures[name] = figure;
  const { date, commit, cpu, cores, memoryGiB, system, node, redis } = machine;
  const about = { date, commit, cpu, cores, memoryGiB, system, node, redis };
  const measured = {
    command: 'npm run bench --silent -- --only capacity --json',
    machine: about,
    figures,
  };
  write(join(root, 'docs/capacity.json'), `${JSON.stringify(measured, null, 2)}\n`);
  const lines = own.map(({ name, median }) => `    '${name}': ${String(median)},`);
  write(join(root, 'src/core/capacity/measured.ts'), moduleOf(about, lines));
}

/** @param {Record<string, unknown>} about @param {string[]} lines */
function moduleOf(about, lines) {
  return `/**
 * What was measured, medians of docs/capacity.json: CPU in µs of a core, memory and AOF in bytes. Written by
 * \`node scripts/capacity.mjs REPORT\` from the answer of \`npm run bench --silent -- --only capacity --json\`.
 */
export const MEASURED = {
  commit: '${String(about['commit'])}',
  date: '${String(about['date']).slice(0, 10)}',
  machine: '${String(about['cores'])} cores of ${String(about['cpu'])}, ${String(about['system'])}, Node ${String(about['node'])}, Redis ${String(about['redis'])}',
  /** JSON of the payload of each run and schedule, bytes. */
  payloadBytes: ${String(PAYLOAD_BYTES)},
  figures: {
${lines.join('\n')}
  },
} as const;
`;
}

/** @param {string} path @param {string} text */
function write(path, text) {
  writeFileSync(path, text);
  console.log(relative(root, path));
}
