import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { makeOutputs } from '../../charts/grafana/outputs.ts';
import { writeOutputs } from '../../charts/grafana/write.ts';
import { exportedMetrics } from '../support/exported_metrics.ts';
import {
  CHART_FILES,
  drawn,
  filledIn,
  queriesOf,
  readDashboards,
  valueLinks,
  valuesOf,
  variablesIn,
  type Dashboard,
  type GridPos,
} from '../support/grafana/dashboards.ts';
import { readLabels, type Catalog } from '../support/promql/labels.ts';

const MOST_BYTES = 100_000;
const UIDS = ['belfry-fleet', 'belfry-job', 'belfry-queues', 'belfry-workers', 'belfry-scheduler'];
/** The kinds whose unit would say nothing. */
const WITHOUT_QUERY = ['alertlist'];

const dashboards = readDashboards();
const byUid = new Map([...dashboards.values()].map((dashboard) => [dashboard.uid, dashboard]));
let catalog: Catalog;

beforeAll(async () => {
  catalog = await exportedMetrics();
});

test('the files of the chart are what the generator writes: npm run dashboards', () => {
  const outputs = makeOutputs(CHART_FILES);
  for (const { path, text } of outputs) expect(readFileSync(join(CHART_FILES, path), 'utf8'), path).toBe(text);
  const present = ['dashboards', 'grafana-alerts'].flatMap((folder) =>
    readdirSync(join(CHART_FILES, folder)).map((name) => `${folder}/${name}`),
  );
  expect(present.toSorted()).toEqual(outputs.map(({ path }) => path).toSorted());
});

test('the generator writes every file below the folder that it is given', () => {
  const folder = mkdtempSync(join(tmpdir(), 'belfry-dashboards-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(join(CHART_FILES, 'rules'), join(folder, 'rules'), { recursive: true });
  const written = writeOutputs(folder).map((path) => readFileSync(path, 'utf8'));
  expect(written).toEqual(makeOutputs(CHART_FILES).map(({ text }) => text));
});

test('there is one dashboard for each uid that alerts and bookmarks rely on', () => {
  expect([...byUid.keys()].toSorted()).toEqual(UIDS.toSorted());
});

const overlap = (a: GridPos, b: GridPos): boolean =>
  a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

const namesOf = ({ templating }: Dashboard): string[] => templating.list.map(({ name }) => name);

describe.each([...dashboards])('%s', (file, dashboard) => {
  test('is small, and of the schema that the SDK writes', () => {
    expect(readFileSync(join(CHART_FILES, 'dashboards', file), 'utf8').length).toBeLessThan(MOST_BYTES);
    expect(dashboard).toMatchObject({ schemaVersion: 42, tags: ['belfry'], refresh: '30s', editable: true });
    expect(dashboard).not.toHaveProperty('id');
  });

  test('numbers and names each panel once', () => {
    const ids = dashboard.panels.map(({ id }) => id);
    expect(ids).toEqual(ids.map((_, index) => index + 1));
    for (const row of sectionsOf(dashboard)) expect(new Set(row).size, row.join()).toBe(row.length);
  });

  test('has every panel inside 24 columns, and none over another', () => {
    const places = dashboard.panels.map(({ gridPos }) => gridPos);
    for (const { x, w, h } of places) expect(x >= 0 && w > 0 && h > 0 && x + w <= 24).toBe(true);
    const clashes = places.flatMap((a, index) => places.slice(index + 1).filter((b) => overlap(a, b)));
    expect(clashes).toEqual([]);
  });

  test('says of every panel what it shows, in which unit', () => {
    for (const { title, description, type, fieldConfig, targets } of drawn(dashboard)) {
      expect(title).toMatch(/^[A-Z][^.]+$/);
      expect(description, title).toMatch(/^[A-Z].{15,150}\.$/);
      expect(fieldConfig?.defaults.unit, title).toMatch(/^\w+$/);
      if (!WITHOUT_QUERY.includes(type)) expect(targets?.length, title).toBeGreaterThan(0);
    }
  });

  test('asks the data source that the reader chose, and no other', () => {
    const found = valuesOf(dashboard, 'datasource');
    expect(found.length).toBeGreaterThan(drawn(dashboard).length);
    for (const source of found) expect(source).toEqual({ type: 'prometheus', uid: '${datasource}' });
  });

  test('asks in PromQL for metrics and labels that /metrics has', () => {
    const faults = queriesOf(dashboard).flatMap(({ target }) => readLabels(filledIn(target.expr), catalog).faults);
    const ofAnnotations = dashboard.annotations.list.flatMap(({ expr }) => readLabels(expr, catalog).faults);
    expect([...faults, ...ofAnnotations]).toEqual([]);
  });

  test('names lines, columns and links by labels that the answers have', () => {
    for (const { panel, target } of queriesOf(dashboard)) {
      const { labels } = readLabels(filledIn(target.expr), catalog);
      const used = [target.legendFormat ?? '', ...valueLinks(panel).map(({ url = '' }) => url)].join(' ');
      const named = [...used.matchAll(/\{\{(\w+)\}\}|__field\.labels\.(\w+)/g)].map(([, a, b]) => a ?? b ?? '');
      for (const name of named) expect([...labels], `${panel.title}: ${target.expr}`).toContain(name);
    }
    for (const { expr, titleFormat, textFormat } of dashboard.annotations.list) {
      const named = [...(titleFormat + textFormat).matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name);
      expect([...readLabels(expr, catalog).labels]).toEqual(expect.arrayContaining(named));
    }
  });

  test('joins the rows of a table by a label of each query, and shows columns that are there', () => {
    for (const { title, targets = [], transformations = [] } of drawn(dashboard).filter(
      ({ type }) => type === 'table',
    )) {
      const answers = targets.map(({ expr }) => readLabels(filledIn(expr), catalog).labels);
      const key = transformations.find(({ id }) => id === 'joinByField')?.options.byField;
      if (targets.length > 1) for (const labels of answers) expect([...labels], title).toContain(key);
      const values = targets.length === 1 ? ['Value'] : targets.map(({ refId }) => `Value #${refId}`);
      const present = [...values, ...answers.flatMap((labels) => [...labels])];
      const columns = transformations.flatMap(({ options }) => options.include?.names ?? []);
      expect(columns.length, title).toBeGreaterThan(1);
      expect(present, title).toEqual(expect.arrayContaining(columns));
    }
  });

  test('uses the variables that it has, and has none that it does not use', () => {
    const { templating, ...rest } = dashboard;
    const used = new Set(variablesIn(JSON.stringify(rest)));
    for (const name of used) expect(namesOf(dashboard)).toContain(name);
    for (const { name, type } of templating.list) if (type !== 'adhoc') expect([...used]).toContain(name);
  });

  test('fills its variables from labels of metrics that are there', () => {
    const asked = dashboard.templating.list.filter(({ type }) => type === 'query');
    for (const { name, definition = '' } of asked) {
      const [, metric = '', label = ''] = /^label_values\((\w+), (\w+)\)$/.exec(definition) ?? [];
      expect(label).toBe(name);
      expect([...(catalog(metric) ?? [])], definition).toContain(label);
    }
  });

  test('links to Belfry and to dashboards that are there, with variables that these have', () => {
    const bar = dashboard.links.filter(({ type }) => type === 'link');
    expect(dashboard.links.find(({ type }) => type === 'dashboards')?.tags).toEqual(['belfry']);
    for (const { url = '' } of [...bar, ...drawn(dashboard).flatMap(valueLinks)]) {
      const [, uid, query = ''] = /^\/d\/([\w-]+)\?(.*)$/.exec(url) ?? [];
      if (uid === undefined) expect(url).toMatch(/^\$\{belfry_url:raw\}\/[\w/${}.-]*$/);
      const target = byUid.get(uid ?? dashboard.uid);
      for (const [, name = ''] of query.matchAll(/var-(\w+)=/g)) expect(namesOf(target ?? dashboard)).toContain(name);
      expect(target, url).toBeDefined();
    }
  });
});

/** The titles of the panels of each row. */
function sectionsOf({ panels }: Dashboard): string[][] {
  const sections: string[][] = [];
  for (const { type, title } of panels) {
    if (type === 'row') sections.push([]);
    else sections.at(-1)?.push(title);
  }
  return sections;
}
