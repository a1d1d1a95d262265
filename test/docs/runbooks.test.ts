import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { SETTINGS, variableOf } from '../../src/config/settings.ts';
import { pageOf, readRules } from '../support/alerts/rule_files.ts';
import { ROOT } from '../support/commands/documents.ts';

const FOLDER = join(ROOT, 'docs/runbooks');
const SECTIONS = ['What it means', 'What it does to users', 'Look at', 'Do', 'Over when', 'Threshold'];
/** Worst first, as the index names them. */
const SEVERITIES = ['critical', 'warning', 'info', 'none'];
/** Somebody reads this at night. */
const MOST_LINES = 100;

const { alerts } = readRules();
const names = [...new Set(alerts.map(({ alert }) => alert))];
const pages = readdirSync(FOLDER).filter((file) => file !== 'README.md');
const read = (file: string): string => readFileSync(join(FOLDER, file), 'utf8');
const index = read('README.md');
const values = parse(readFileSync(join(ROOT, 'charts/belfry/values.yaml'), 'utf8')) as Record<string, unknown>;

/** Values of a label of the rules of an alert. */
const labelsOf = (alert: string, label: string): string[] => [
  ...new Set(alerts.filter((rule) => rule.alert === alert).flatMap(({ labels }) => labels[label] ?? [])),
];
const severitiesOf = (alert: string): string[] =>
  SEVERITIES.filter((severity) => labelsOf(alert, 'severity').includes(severity));

function hasValue(path: string): boolean {
  let at: unknown = values;
  for (const name of path.split('.')) {
    // What an alert is changed to is free.
    if (typeof at !== 'object' || at === null || !(name in at)) return path.includes('.overrides.Belfry');
    at = (at as Record<string, unknown>)[name];
  }
  return true;
}

test('there is a page for each alert, and no other one', () => {
  expect(pages.toSorted()).toEqual(names.map((alert) => `${pageOf(alert)}.md`).toSorted());
});

describe.each(names)('the page of %s', (alert) => {
  const page = read(`${pageOf(alert)}.md`);

  test('has its name, its sections, and is short', () => {
    const headings = [...page.matchAll(/^(#+) (.+)$/gm)].map(([, level = '', text = '']) => ({ level, text }));
    expect(headings).toEqual([{ level: '#', text: alert }, ...SECTIONS.map((text) => ({ level: '##', text }))]);
    expect(page.split('\n').length).toBeLessThanOrEqual(MOST_LINES);
  });

  test('names the severities of its rules, and their reasons', () => {
    const line = /^Severity: (.+)$/m.exec(page)?.[1] ?? '';
    expect(SEVERITIES.filter((severity) => new RegExp(`\\b${severity}\\b`).test(line))).toEqual(severitiesOf(alert));
    expect(labelsOf(alert, 'reason').filter((reason) => !page.includes(`\`${reason}\``))).toEqual([]);
  });

  test('changes only itself, by values that the chart has', () => {
    expect([...page.matchAll(/overrides\.(Belfry\w+)/g)].filter(([, name]) => name !== alert)).toEqual([]);
    const named = [...page.matchAll(/`((?:metrics|workers)\.[\w.]+?)(?::[^`]*)?`/g)].map(([, path = '']) => path);
    expect(named.filter((path) => !hasValue(path.replace('.pools.default', '.defaults')))).toEqual([]);
  });
});

describe('the index', () => {
  test('has each alert with its severities', () => {
    const rows = [...index.matchAll(/^\| \[(Belfry\w+)\]\(([\w-]+)\.md\) \| ([^|]+) \|/gm)];
    const written = rows.map(([, alert = '', page = '', severities = '']) => ({ alert, page, severities }));
    expect(written.toSorted((one, other) => (one.alert < other.alert ? -1 : 1))).toEqual(
      names
        .map((alert) => ({ alert, page: pageOf(alert), severities: severitiesOf(alert).join(', ') }))
        .toSorted((one, other) => (one.alert < other.alert ? -1 : 1)),
    );
  });

  test('shows rules of Alertmanager that can be read and name alerts that there are', () => {
    const text = /```yaml\n([^]*?)```/.exec(index)?.[1] ?? '';
    const { inhibit_rules: rules } = parse(text) as { inhibit_rules: Record<string, string[]>[] };
    const matchers = rules.flatMap(({ source_matchers: source = [], target_matchers: target = [] }) => [
      ...source,
      ...target,
    ]);
    expect(matchers.filter((matcher) => !/^\w+ (?:=|!=|=~|!~) "[^"]+"$/.test(matcher))).toEqual([]);
    for (const [, wanted = ''] of matchers.join('\n').matchAll(/alertname =~? "([^"]+)"/g)) {
      expect(
        names.filter((name) => new RegExp(`^(?:${wanted})$`).test(name)),
        wanted,
      ).not.toEqual([]);
    }
  });
});

test('variables are those of Belfry', () => {
  const known = [...Object.keys(SETTINGS).map(variableOf), 'BELFRY_REDLOCK'];
  const named = readdirSync(FOLDER).flatMap((file) => read(file).match(/\bBELFRY_[A-Z_]+/g) ?? []);
  expect(named.filter((variable) => !known.includes(variable))).toEqual([]);
});

test('links lead somewhere', () => {
  const lost = readdirSync(FOLDER).flatMap((file) =>
    [...read(file).matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !target.includes('://') && !existsSync(join(dirname(join(FOLDER, file)), target)))
      .map((target) => `${file}: ${target}`),
  );
  expect(lost).toEqual([]);
});
