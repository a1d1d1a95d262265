import { describe, expect, test } from 'vitest';
import { findCycle } from './graph.ts';
import * as rules from './rules.ts';
import type { Rule } from './rules.ts';
import { toSourceFile } from './source_file.ts';

const judge = (rule: Rule, path: string, text: string) => rule(toSourceFile(path, text)).map(({ line }) => line);

const EDGES = { core: [], store: ['core'], 'main.ts': ['*'] };
const clockOnly = rules.textOnlyIn(/\bDate\.now\b|\bnew Date\(\s*\)/g, ['src/runtime/clock.ts']);

describe('a rule finds', () => {
  test.each<[string, Rule, string, string]>([
    ['an import that points up', rules.layering(EDGES), 'src/core/a.ts', "import '../store/b.ts';"],
    [
      'a type-only import that points up',
      rules.layering(EDGES),
      'src/core/a.ts',
      "import type { B } from '../store/b.ts';",
    ],
    ['an import that leaves src', rules.layering(EDGES), 'src/store/a.ts', "import '../../test/x.ts';"],
    ['a layer that is not in the table', rules.layering(EDGES), 'src/extra/a.ts', ''],
    ['a package that core may not use', rules.packagesOf('src/core/', ['ajv']), 'src/core/a.ts', "import 'node:fs';"],
    ['a private import of a job', rules.packagesOf('jobs/', ['belfry', 'node:']), 'jobs/a.ts', "import 'ioredis';"],
    ['a job that leaves its folder', rules.selfContained('jobs/'), 'jobs/a.ts', "import '../src/index.ts';"],
    ['a test tool in the product', rules.onlyIn(['vitest'], ['test/']), 'src/a.ts', "import 'vitest/node';"],
    ['a second reader of the clock', clockOnly, 'src/core/a.ts', 'const t = Date.now();'],
    ['an empty new Date', clockOnly, 'src/core/a.ts', 'const t = new Date( );'],
    ['any', rules.noAny, 'src/a.ts', 'const a = b as any;'],
    ['any in a generic', rules.noAny, 'src/a.ts', 'let a: Map<string, any>;'],
    ['a file of 301 lines', rules.fileLength, 'src/a.lua', '-- a\n'.repeat(301)],
    ['a function of 61 lines', rules.functionLength, 'src/a.ts', `function f() {${'\n'.repeat(60)}}`],
    ['a method of 61 lines', rules.functionLength, 'src/a.ts', `function f() { return { g() {${'\n'.repeat(60)}} } }`],
    ['a test of 61 lines', rules.functionLength, 'test/a.test.ts', `test('a', () => {${'\n'.repeat(60)}});`],
    ['five parameters', rules.parameterCount, 'src/a.ts', 'const f = (a, b, c, d, e) => a;'],
    ['a name without a duty', rules.meaningfulName, 'src/core/string_utils.ts', ''],
    ['types.ts', rules.meaningfulName, 'src/core/types.ts', ''],
    ['a script without a contract', rules.luaContract, 'src/store/lua/a.lua', 'return 1\n'],
    ['a contract without answers', rules.luaContract, 'src/store/lua/a.lua', '-- a: does.\n-- KEYS: k\n-- ARGV: v\n'],
  ])('%s', (_, rule, path, text) => {
    expect(judge(rule, path, text)).toHaveLength(path.endsWith('lua/a.lua') && text.startsWith('return') ? 4 : 1);
  });
});

describe('a rule lets pass', () => {
  test.each<[string, Rule, string, string]>([
    ['an import that points down', rules.layering(EDGES), 'src/store/a.ts', "import '../core/b.ts';"],
    ['an import beside it', rules.layering(EDGES), 'src/core/time/a.ts', "import '../b.ts';"],
    ['what main.ts imports', rules.layering(EDGES), 'src/main.ts', "import './anything/a.ts';"],
    [
      'a part of an allowed package',
      rules.packagesOf('src/core/', ['ajv']),
      'src/core/a.ts',
      "import 'ajv/dist/2020.js';",
    ],
    ["Node's own in a job", rules.packagesOf('jobs/', ['belfry', 'node:']), 'jobs/a.ts', "import 'node:fs';"],
    ['a Date of a given instant', clockOnly, 'src/core/a.ts', 'const t = new Date(now);'],
    ['the clock in a comment', clockOnly, 'src/core/a.ts', '// not Date.now()'],
    ['the word any', rules.noAny, 'src/a.ts', "// any\nconst a = 'any'; Promise.any([]); expect.any(Date);"],
    ['a function of 60 lines', rules.functionLength, 'src/a.ts', `function f() {${'\n'.repeat(59)}}`],
    [
      'a factory of two methods of 40 lines',
      rules.functionLength,
      'src/a.ts',
      `function f() { return { g() {${'\n'.repeat(39)}}, h() {${'\n'.repeat(39)}} } }`,
    ],
    ['a long describe', rules.functionLength, 'test/a.test.ts', `describe('a', () => {${'\n'.repeat(200)}});`],
    [
      'a script with a contract',
      rules.luaContract,
      'a/b.lua',
      '-- b: does.\n-- KEYS: none\n-- ARGV: v\n-- Answers: ok\n',
    ],
  ])('%s', (_, rule, path, text) => {
    expect(judge(rule, path, text)).toEqual([]);
  });
});

test('a finding carries the line it is on', () => {
  expect(judge(clockOnly, 'src/a.ts', '\n\nconst t = Date.now();\n')).toEqual([3]);
});

test('a cycle is told as the chain of its files, over type-only imports too', () => {
  const files = [
    toSourceFile('src/a.ts', "import './b.ts';"),
    toSourceFile('src/b.ts', "import type { C } from './c/c.ts';"),
    toSourceFile('src/c/c.ts', "export * from '../b.ts';"),
  ];
  expect(findCycle(files)).toEqual(['src/b.ts', 'src/c/c.ts', 'src/b.ts']);
  expect(findCycle(files.slice(0, 2))).toBeUndefined();
});
