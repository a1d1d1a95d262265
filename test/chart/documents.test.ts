import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { CHART, renderChart, runHelm } from '../support/chart.ts';
import type { Values } from '../support/chart.ts';
import { helmFault } from '../support/chart/helm_fault.ts';
import { belfryFault } from '../support/commands/belfry_fault.ts';

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
    expect(
      lines.map((words) => belfryFault(words, { kind: 'mentioned' })).filter((fault) => fault !== undefined),
    ).toEqual([]);
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
