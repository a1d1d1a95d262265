import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

type Row = { number: number; pain: string; shownBy: string };

const PAINS = 17;
const repo = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, repo), 'utf8');

const rows: Row[] = [...read('docs/pains.md').matchAll(/^\| (\d+) \| (.+) \| .+ \| (.+) \|$/gm)].map(
  ([, number, pain = '', shownBy = '']) => ({ number: Number(number), pain, shownBy }),
);

const claims = rows.flatMap(({ shownBy }) =>
  shownBy.split('<br>').map((claim) => {
    const [, file = '', name = ''] = /^`(test\/[\w/]+\.test\.ts)` › (.+)$/.exec(claim) ?? [];
    return { claim, file, name };
  }),
);

/** Whether a call in the file begins with this name: of a test, a table of tests or a describe. */
const isNamed = (text: string, name: string): boolean =>
  ["'", '"', '`'].some((quote) =>
    text
      .split(`${quote}${name}${quote}`)
      .slice(0, -1)
      .some((before) => /\(\s*$/.test(before)),
  );

describe('the table of pains', () => {
  test('has each pain once, in order, with the public issues that tell of it', () => {
    expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: PAINS }, (_, i) => i + 1));
    for (const { pain } of rows) expect(pain).toMatch(/#\d+/);
  });

  test.each(claims.map(({ claim, file, name }) => [claim, file, name] as const))(
    'names a test: %s',
    (_, file, name) => {
      expect(existsSync(new URL(file, repo)) && isNamed(read(file), name)).toBe(true);
    },
  );

  test.each(['leadership', 'schedule_stops', 'time'])('names every test of test/pains/%s.test.ts', (theme) => {
    const file = `test/pains/${theme}.test.ts`;
    const names = [...read(file).matchAll(/^test\('(.+?)', /gm)].map(([, name]) => name);
    expect(names).not.toEqual([]);
    const named = claims.filter((claim) => claim.file === file).map(({ name }) => name);
    expect(named).toEqual(expect.arrayContaining(names));
  });
});
