import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { PAYLOAD } from '../../bench/subject.mjs';
import { MEASURED } from '../../src/core/capacity/measured.ts';
import { checkedPoints } from '../support/capacity_check.ts';
import { fillTables, readMeasured } from '../support/capacity_tables.ts';

const page = readFileSync(fileURLToPath(new URL('../../docs/capacity.md', import.meta.url)), 'utf8');

/** Two bounds that the page states, model ÷ measured. */
const [, ...bounds] = /between ([\d.]+) and ([\d.]+) times what was measured/.exec(page) ?? [];
const [least = NaN, most = NaN] = bounds.map(Number);

describe('docs/capacity.md', () => {
  test('has the tables that the model and docs/capacity.json make: node scripts/capacity.mjs writes them anew', () => {
    expect([...page.matchAll(/<!-- table (\w+) -->/g)].map(([, name]) => name)).toEqual(['measured', 'check', 'sizes']);
    expect(page).toBe(fillTables(page));
  });

  test('states bounds that the model keeps to at each measured point that it was not made from', () => {
    expect(least).toBeGreaterThan(0.5);
    expect(most).toBeLessThan(2.5);
    const outside = checkedPoints().filter(
      ({ modelUs, measuredUs }) => modelUs / measuredUs < least || modelUs / measuredUs > most,
    );
    expect(outside).toEqual([]);
    expect(checkedPoints()).toHaveLength(9);
  });
});

describe('the constants of the model', () => {
  const { figures, machine } = readMeasured();

  test('are the medians of docs/capacity.json', () => {
    expect(MEASURED.figures).toEqual(
      Object.fromEntries(Object.entries(figures).map(([name, { median }]) => [name, median])),
    );
    expect(MEASURED.commit).toBe(machine['commit']);
    expect(MEASURED.machine).toContain(String(machine['cpu']));
  });

  test('know the payload that the benchmark gives to each run', () => {
    expect(MEASURED.payloadBytes).toBe(JSON.stringify(PAYLOAD).length);
  });
});
