import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { CHART, renderChart } from '../support/chart.ts';
import type { Values } from '../support/chart.ts';
import { fieldAt } from '../support/chart/address.ts';
import { leavesOf, shownBy, valuesOf } from '../support/chart/value_rows.ts';
import { PLATFORM_ROWS } from './values/platform_rows.ts';
import { POD_ROWS, ROLE_ROWS } from './values/pod_rows.ts';
import { REDIS_ROWS } from './values/redis_rows.ts';
import { SETTINGS_ROWS } from './values/settings_rows.ts';
import { WORKER_ROWS } from './values/worker_rows.ts';

const GROUPS = [...SETTINGS_ROWS, ...REDIS_ROWS, ...POD_ROWS, ...ROLE_ROWS, ...WORKER_ROWS, ...PLATFORM_ROWS];
const defaults = parse(readFileSync(join(CHART, 'values.yaml'), 'utf8')) as Values;

describe.each(GROUPS)('$name:', (group) => {
  const rows = group.rows.map((row) => ({ row, words: `${row[0]} = ${JSON.stringify(row[1])}` }));

  test.each(rows)('$words changes what it says', async ({ row }) => {
    const [, , address] = row;
    const before = fieldAt(await renderChart(group.base ?? {}), address);
    const after = fieldAt(await renderChart(valuesOf(group)), address);
    expect(after).toEqual(shownBy(row));
    expect(before).not.toEqual(shownBy(row));
  });
});

test('every value of values.yaml is in these tables, and nothing else is', () => {
  const paths = new Set(GROUPS.flatMap(({ rows }) => rows.map(([path]) => path)));
  expect([...paths].toSorted()).toEqual(leavesOf(defaults).toSorted());
});
