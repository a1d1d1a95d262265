import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { stringify } from 'yaml';
import { eventually } from '../eventually.ts';
import { freePort } from '../free_port.ts';
import { prometheus } from '../tools.ts';
import { scaleDuration, scaleRules } from './scale_rules.ts';

export type PrometheusOptions = {
  /** The folder of the rule files. */
  rules: string;
  /** How many times faster than in the files time passes for the rules. */
  factor: number;
  scrapeSeconds: number;
};

/** A real Prometheus with the rules, and nobody to scrape yet. */
export type TestPrometheus = {
  /** From now on these are scraped, as `host:port`, and no others: what a discovery would tell it. */
  scrape(targets: readonly string[]): void;
  /** Alerts that fire now, each as its name and own labels: `BelfryNoWorkers pool=heavy severity=critical`. */
  firing(): Promise<string[]>;
  /** Every alert that has fired at any evaluation since an instant (epoch ms). */
  firedSince(at: number): Promise<string[]>;
  /** The value of an expression that answers one number, or undefined where it answers none. */
  value(expr: string): Promise<number | undefined>;
};

type Labels = Readonly<Record<string, string>>;
type Alert = { labels: Labels; state: 'pending' | 'firing' };
type Series = { metric: Labels; value: [number, string] };

/** Labels that name the alert itself, or the process that tells of it. */
const NOT_OWN = new Set(['__name__', 'alertname', 'alertstate', 'instance', 'job']);
/** How far Prometheus looks back for a sample. */
const LOOKBACK = '5m';
const START_MS = 30_000;

const living = new Map<ChildProcess, string>();
afterAll(async () => {
  for (const [child, folder] of living) {
    const closed = new Promise((resolve) => child.once('close', resolve));
    if (child.kill('SIGTERM')) await closed;
    rmSync(folder, { recursive: true, force: true });
  }
});
process.once('exit', () => {
  for (const child of living.keys()) child.kill('SIGKILL');
});

/** Starts a Prometheus on a free port and in a folder of its own; both are gone after the test file. */
export async function startPrometheus(options: PrometheusOptions): Promise<TestPrometheus> {
  const folder = mkdtempSync(join(tmpdir(), 'belfry-prometheus-'));
  const targets = join(folder, 'targets.json');
  writeTargets(targets, []);
  writeConfig(folder, targets, options);
  const url = `http://127.0.0.1:${String(await freePort())}`;
  await launch(folder, url, options);
  const ask = async <Data>(path: string, parameters: Readonly<Record<string, string>> = {}): Promise<Data> => {
    const response = await fetch(`${url}/api/v1/${path}?${new URLSearchParams(parameters).toString()}`);
    const { data, error } = (await response.json()) as { data: Data; error?: string };
    if (error !== undefined) throw new Error(error);
    return data;
  };
  return {
    scrape: (wanted) => writeTargets(targets, wanted),
    async firing() {
      const { alerts } = await ask<{ alerts: Alert[] }>('alerts');
      return namesOf(alerts.filter(({ state }) => state === 'firing').map(({ labels }) => labels));
    },
    async firedSince(at) {
      // One step beyond now: what fires only since the last evaluation lies behind the last step before it.
      const range = { start: String(at / 1_000), end: String(Date.now() / 1_000 + 1), step: '1' };
      const query = { query: 'ALERTS{alertstate="firing"}', ...range };
      const { result } = await ask<{ result: { metric: Labels }[] }>('query_range', query);
      return namesOf(result.map(({ metric }) => metric));
    },
    async value(expr) {
      const { result } = await ask<{ result: Series[] }>('query', { query: expr });
      const [first] = result;
      return first === undefined ? undefined : Number(first.value[1]);
    },
  };
}

function namesOf(alerts: readonly Labels[]): string[] {
  const names = alerts.map((labels) =>
    [
      labels['alertname'] ?? '',
      ...Object.entries(labels)
        .filter(([name]) => !NOT_OWN.has(name))
        .map(([name, value]) => `${name}=${value}`)
        .toSorted(),
    ].join(' '),
  );
  return [...new Set(names)].toSorted();
}

/** By a rename, as Prometheus asks for: it may read at any time. */
function writeTargets(file: string, targets: readonly string[]): void {
  writeFileSync(`${file}.new`, JSON.stringify([{ targets }]));
  renameSync(`${file}.new`, file);
}

function writeConfig(folder: string, targets: string, { rules, factor, scrapeSeconds }: PrometheusOptions): void {
  mkdirSync(join(folder, 'rules'));
  for (const name of readdirSync(rules).filter((file) => file.endsWith('.yaml'))) {
    writeFileSync(join(folder, 'rules', name), scaleRules(readFileSync(join(rules, name), 'utf8'), factor));
  }
  const every = `${String(scrapeSeconds)}s`;
  const config = {
    global: { scrape_interval: every, scrape_timeout: every, evaluation_interval: '1s' },
    rule_files: [join(folder, 'rules/*.yaml')],
    scrape_configs: [{ job_name: 'belfry', file_sd_configs: [{ files: [targets], refresh_interval: '5s' }] }],
  };
  writeFileSync(join(folder, 'prometheus.yml'), stringify(config));
}

async function launch(folder: string, url: string, { factor }: PrometheusOptions): Promise<void> {
  const flags = {
    'config.file': join(folder, 'prometheus.yml'),
    'storage.tsdb.path': join(folder, 'data'),
    'web.listen-address': new URL(url).host,
    'query.lookback-delta': scaleDuration(LOOKBACK, factor),
    'log.level': 'warn',
  };
  const words = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
  const child = spawn(prometheus(), words, { stdio: ['ignore', 'ignore', 'pipe'] });
  living.set(child, folder);
  let noise = '';
  child.stderr.on('data', (chunk: Buffer) => (noise = (noise + chunk.toString()).slice(-4_000)));
  await eventually(
    async () => {
      if (child.exitCode !== null) throw new Error(`prometheus ended:\n${noise}`);
      const { ok } = await fetch(`${url}/-/ready`);
      if (!ok) throw new Error(`prometheus is not ready:\n${noise}`);
    },
    { timeoutMs: START_MS, everyMs: 100 },
  );
}
