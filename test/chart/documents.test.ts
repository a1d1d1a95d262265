import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { CHART, renderChart, renderNotes, runHelm } from '../support/chart.ts';
import type { Values } from '../support/chart.ts';
import { ciFiles } from '../support/chart/ci_values.ts';
import { belfryFault, helmFault } from '../support/chart/command_lines.ts';

const root = join(CHART, '../..');
const DOCUMENTS = ['docs/guides/kubernetes.md', 'charts/belfry/README.md', 'charts/belfry/UPGRADING.md'];
const texts = DOCUMENTS.map((name) => ({ name, text: readFileSync(join(root, name), 'utf8') }));

/** The fenced blocks of one language, each with the line that it begins in. */
function blocksOf(language: string): readonly { place: string; text: string }[] {
  return texts.flatMap(({ name, text }) =>
    [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'))].map((found) => ({
      place: `${name}:${String(text.slice(0, found.index).split('\n').length)}`,
      text: found[1] ?? '',
    })),
  );
}

/** Every command line of a program in these texts, as its words; in blocks and between backticks. */
function linesOf(program: 'belfry' | 'helm', text: string): readonly (readonly string[])[] {
  const pattern = new RegExp(`(?:^ *|\`|-- )${program} ([a-z][^\`\n#]*)`, 'gm');
  return [...text.matchAll(pattern)].map((found) => (found[1] ?? '').trim().split(/\s+/));
}

test('the table of values in the README is made from values.yaml', async () => {
  await promisify(execFile)(process.execPath, [join(root, 'scripts/chart_readme.mjs'), '--check']);
});

describe('the documents', () => {
  test('show values that the chart takes', async () => {
    const blocks = blocksOf('yaml');
    expect(blocks.length).toBeGreaterThanOrEqual(6);
    for (const { place, text } of blocks) {
      const manifests = await renderChart(parse(text) as Values);
      expect(manifests.length, place).toBeGreaterThan(10);
    }
  });

  test('name commands and flags of belfry that there are', () => {
    const lines = texts.flatMap(({ text }) => linesOf('belfry', text));
    expect(lines.length).toBeGreaterThan(5);
    expect(lines.map(belfryFault).filter((fault) => fault !== undefined)).toEqual([]);
  });

  test('name commands and flags of helm that there are, and set values that the chart takes', async () => {
    const lines = blocksOf('sh').flatMap(({ text }) => linesOf('helm', text));
    expect(lines.length).toBeGreaterThan(5);
    for (const words of lines) {
      expect(await helmFault(words), words.join(' ')).toBeUndefined();
      const sets = words.flatMap((word, index) => (words[index - 1] === '--set' ? ['--set', word] : []));
      if (sets.length === 0) continue;
      const { code, stderr } = await runHelm(['template', 'belfry', CHART, ...sets]);
      expect(code, stderr).toBe(0);
    }
  });
});

describe('the notes after an installation', () => {
  test('name commands that there are, whatever is installed', async () => {
    for (const [name, file] of Object.entries(ciFiles())) {
      const notes = await renderNotes((parse(readFileSync(file, 'utf8')) as Values | null) ?? {});
      for (const words of linesOf('belfry', notes)) expect(belfryFault(words), name).toBeUndefined();
      for (const words of linesOf('helm', notes)) expect(await helmFault(words), name).toBeUndefined();
      expect(notes, name).not.toMatch(/<no value>|map\[|%!/);
    }
  });

  test('warn of what is not for production, and say how the API is opened', async () => {
    const tryOut = await renderNotes({ scheduler: { replicas: 1 } });
    expect(tryOut).toContain('WARNING: Redis is the single Valkey');
    expect(tryOut).toContain('WARNING: scheduler.replicas is 1');
    expect(tryOut).toContain('/api is closed');
    const external = { valkey: { enabled: false }, externalRedis: { host: 'redis' } };
    const real = await renderNotes({ ...external, apiToken: { existingSecret: 'mine' } });
    expect(real).not.toMatch(/WARNING|closed/);
  });

  test('scale a pool by what decides its size', async () => {
    expect(await renderNotes({})).toContain('--set workers.pools.default.replicas=');
    const hpa = { workers: { defaults: { autoscaling: { type: 'hpa' } } } };
    expect(await renderNotes(hpa)).toContain('--set workers.pools.default.autoscaling.maxReplicas=');
  });
});
