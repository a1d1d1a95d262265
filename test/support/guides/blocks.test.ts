import { expect, test } from 'vitest';
import { commandsOf, readGuide, skipReason } from './blocks.ts';

const fenced = (language: string, text: string): string => `\`\`\`${language}\n${text}\n\`\`\`\n`;

test('blocks say what they are on their first line, and where they are written', () => {
  const markdown = [
    '# Guide\n',
    fenced('ts', '// jobs/partners/poll.ts\nexport default 1;'),
    fenced('json', '{}'),
    fenced('ts', '// app.ts\nexport {};'),
    fenced('ts', '// test.ts\nexport {};'),
    fenced('ts', 'export {};'),
    fenced('sh', 'belfry status'),
  ].join('\n');
  expect(readGuide('x.md', markdown).blocks.map(({ kind, place, file }) => [kind, place, file])).toEqual([
    ['job', 'x.md:3', 'jobs/partners/poll.ts'],
    ['app', 'x.md:12', 'app_12.ts'],
    ['test', 'x.md:17', 'test_17.ts'],
    ['unmarked', 'x.md:22', 'unmarked_22.ts'],
    ['sh', 'x.md:26', ''],
  ]);
});

test('of a shell block the lines of belfry are run, with their quotes and without their comments', () => {
  const text = 'export A=1\nbelfry enqueue mail \'{"to": "ada"}\' # one\nbelfry runs list \\\n  --job "a b"\nls\n';
  expect(commandsOf({ text })).toEqual([
    ['enqueue', 'mail', '{"to": "ada"}'],
    ['runs', 'list', '--job', 'a b'],
  ]);
});

test('a shell block is left out with a reason only', () => {
  expect(skipReason({ text: '# doctest: skip it needs a cluster\nbelfry x\n' })).toBe('it needs a cluster');
  expect(skipReason({ text: '# doctest: skip \nbelfry x\n' })).toBeUndefined();
});
