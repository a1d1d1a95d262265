import { describe, expect, test } from 'vitest';
import { findFunctions } from './functions.ts';
import { findImports } from './imports.ts';
import { stripTypeScript } from './strip.ts';

const functionsOf = (text: string) =>
  findFunctions(stripTypeScript(text)).map(({ name, parameters, start, end }) => ({
    name,
    parameters,
    lines: text.slice(start, end + 1).split('\n').length,
  }));
const importsOf = (text: string) => findImports(text, stripTypeScript(text)).map(({ specifier }) => specifier);

describe('stripping', () => {
  test.each([
    ["a // any 'x'\nb", 'a           \nb'],
    ['a /* {\n( */ b', 'a     \n     b'],
    ["f('an \\' any', \"{\")", 'f(\'         \', " ")'],
    ['`a ${b(`{${c}`)} d`', '`  ${b(` ${c}`)}  `'],
    ['x = /[/{"]+\\/any/g.test(y)', 'x = /           /g.test(y)'],
    ['a = b / c / d', 'a = b / c / d'],
    ['return /any/;', 'return /   /;'],
    ["'unclosed\nnext", "'        \nnext"],
  ])('blanks what is not code in %j', (source, stripped) => {
    expect(stripTypeScript(source)).toBe(stripped);
  });

  test('keeps every offset and every line', () => {
    const source = "const a = `x${'}'}\n` + '\\\\'; // end\nconst b = 1;\n";
    const stripped = stripTypeScript(source);
    expect(stripped).toHaveLength(source.length);
    expect(stripped.split('\n')).toHaveLength(source.split('\n').length);
    expect(stripped).toContain('const b = 1;');
  });
});

describe('imports', () => {
  test('are found in every form', () => {
    const text = [
      "import a from './a.ts';",
      "import type { B } from './b.ts';",
      "import {\n  c,\n} from './c.ts';",
      "import './d.ts';",
      "export * from './e.ts';",
      "export type { F } from './f.ts';",
      "const g = await import('./g.ts');",
      "type H = import('./h.ts').H;",
      "const i = require('./i.ts');",
    ].join('\n');
    expect(importsOf(text)).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'].map((name) => `./${name}.ts`));
  });

  test('in comments and strings are none', () => {
    expect(importsOf('// import "x"\nconst s = "import \'y\' from";\n/* from "z" */ Array.from(\'w\');')).toEqual([]);
  });
});

describe('functions', () => {
  test.each([
    ['function f(a: A, b = { c: 1, d: 2 }) {\n  return a;\n}', { name: 'f', parameters: 2, lines: 3 }],
    ['async function* f<T>(a: Map<string, T>): AsyncGenerator<T> {\n}', { name: 'f', parameters: 1, lines: 2 }],
    ['function f(): { a: number; b: () => void } {\n\n}', { name: 'f', parameters: 0, lines: 3 }],
    ['function f(): () => void {\n return g;\n}', { name: 'f', parameters: 0, lines: 3 }],
    ['class C {\n  m(a: A, b: B, c: C,) {\n    go();\n  }\n}', { name: 'm', parameters: 3, lines: 3 }],
    ['const f = (a, { b, c }, [d, e]) => {\n  go();\n};', { name: '', parameters: 3, lines: 3 }],
    ['const f = (a: A): Promise<{ b: B }> => ({\n  a,\n});', { name: '', parameters: 1, lines: 3 }],
    ['const f = (g: (x: X, y: Y) => Z, h: H) =>\n  g(\n    h,\n  );', { name: '', parameters: 2, lines: 4 }],
    ['const f = (a: A): a is B => go(a);', { name: '', parameters: 1, lines: 1 }],
  ])('are measured in %j', (text, expected) => {
    expect(functionsOf(text)[0]).toMatchObject({ ...expected, name: expect.any(String) as string });
    if (expected.name !== '') expect(functionsOf(text)[0]?.name).toBe(expected.name);
  });

  test('are not seen in control flow, calls and ternaries', () => {
    const text =
      'if (a) {}\nfor (const b of c) {}\nwhile (d) {}\nconst e = f ? g(h, i) : j;\ncall(k, l);\nswitch (m) {}';
    expect(functionsOf(text)).toEqual([]);
  });

  test('inside functions are found too, with the call that they are handed to', () => {
    const text = "describe('x', () => {\n  test('y', (a, b) => {\n    const f = (c) => c;\n  });\n});";
    const found = findFunctions(stripTypeScript(text));
    expect(found.map(({ argumentOf, parameters }) => [argumentOf, parameters])).toEqual([
      ['describe', 0],
      ['test', 2],
      ['', 1],
    ]);
  });

  test('handed to describe.each are known as such', () => {
    const text = 'describe.each([1, 2])(() => {\n});';
    expect(findFunctions(stripTypeScript(text))[0]?.argumentOf).toBe('describe');
  });
});
