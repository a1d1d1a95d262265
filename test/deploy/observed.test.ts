import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { lastOf } from '../support/image/dockerfile.ts';
import { promtool } from '../support/tools.ts';
import { image, readRepository, ROOT } from './files.ts';

type Mounts = { services: Record<string, { image: string; volumes: string[] }> };
type Scraping = { rule_files: string[]; scrape_configs: { dns_sd_configs: { names: string[]; port: number }[] }[] };
type Provider = { providers: { options: { path: string } }[] };
type Sources = { datasources: { uid: string; url: string }[] };

const RULES = 'charts/belfry/files/rules';
const ALERTS = 'charts/belfry/files/grafana-alerts/belfry.yaml';
const { services } = parse(readRepository('deploy/compose/compose.yaml'), { merge: true }) as Mounts;
const scraping = parse(readRepository('deploy/compose/prometheus.yml')) as Scraping;

/** Where a path of the repository appears in a container. */
const mountedAt = (service: string, path: string): string | undefined =>
  services[service]?.volumes.find((mount) => mount.startsWith(`../../${path}:`))?.split(':')[1];

test('Prometheus loads every rule file of the chart', () => {
  const folder = mkdtempSync(join(tmpdir(), 'belfry-prometheus-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const there = readRepository('deploy/compose/prometheus.yml').replaceAll(
    String(mountedAt('prometheus', RULES)),
    join(ROOT, RULES),
  );
  writeFileSync(join(folder, 'prometheus.yml'), there);
  const { status, stdout, stderr } = spawnSync(promtool(), ['check', 'config', join(folder, 'prometheus.yml')], {
    encoding: 'utf8',
  });
  expect(status, stderr).toBe(0);
  const files = readdirSync(join(ROOT, RULES)).filter((name) => name.endsWith('.yaml'));
  expect(stdout).toContain(`${String(files.length)} rule files found`);
  expect(scraping.rule_files).toEqual([`${String(mountedAt('prometheus', RULES))}/*.yaml`]);
});

test('Prometheus scrapes every process of Belfry, at the port of the image', () => {
  const belfrys = Object.keys(services).filter((name) => services[name]?.image.includes('belfry:'));
  const [found] = scraping.scrape_configs[0]?.dns_sd_configs ?? [];
  expect(found?.names.toSorted()).toEqual(belfrys.toSorted());
  expect(found?.port).toBe(Number(lastOf(image, 'EXPOSE')));
});

test('Grafana is given the dashboards of the chart, and alerts that ask the data source it is given', () => {
  const { providers } = parse(readRepository('deploy/compose/grafana/dashboards.yaml')) as Provider;
  expect(providers.map(({ options }) => options.path)).toEqual([
    mountedAt('grafana', 'charts/belfry/files/dashboards'),
  ]);
  const { datasources } = parse(readRepository('deploy/compose/grafana/datasource.yaml')) as Sources;
  expect(datasources).toMatchObject([{ url: 'http://prometheus:9090' }]);
  const asked = [...readRepository(ALERTS).matchAll(/datasourceUid: ['"]?([\w-]+)/g)].map(([, uid]) => uid);
  expect([...new Set(asked)].filter((uid) => uid !== '__expr__')).toEqual(datasources.map(({ uid }) => uid));
  expect(mountedAt('grafana', ALERTS)).toMatch(/^\/etc\/grafana\/provisioning\/alerting\//);
});
