import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
type Manifest = { dependencies: Record<string, string>; devDependencies: Record<string, string> };
const manifest = JSON.parse(read('package.json')) as Manifest;
const all = { ...manifest.dependencies, ...manifest.devDependencies };

test('every package has its reason in docs/dependencies.md, and every reason its package', () => {
  const rows =
    read('docs/dependencies.md')
      .split('## On the system')[0]
      ?.matchAll(/^\| ([^|]+) \| [^|]+ \|$/gm) ?? [];
  const named = [...rows].flatMap((row) => (row[1] ?? '').split(', ')).filter((name) => name !== 'package');
  expect(named.toSorted()).toEqual(Object.keys(all).toSorted());
});

test('every version is exact', () => {
  expect(Object.entries(all).filter(([, version]) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version))).toEqual([]);
});
