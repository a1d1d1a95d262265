import { describe, expect, test } from 'vitest';
import { createProgram } from '../../src/cli/program.ts';
import type { Desk } from '../../src/cli/desk.ts';
import { renderChart, renderNotes, runHelm } from '../support/chart.ts';
import type { Values } from '../support/chart.ts';

const withIngress: Values = {
  apiToken: { value: 'a-token-of-32-characters' },
  api: { ingress: { enabled: true, hosts: [{ host: 'belfry.example.com' }], tls: [{ secretName: 'a', hosts: [] }] } },
  scheduler: { replicas: 1 },
  metrics: { podMonitor: { enabled: true } },
  workers: { pools: { heavy: { autoscaling: { type: 'hpa' } }, default: null } },
};

describe('what helm shows after an installation', () => {
  test.each<readonly [string, Values, RegExp]>([
    ['how to reach the API', withIngress, /port-forward .* svc\/bt-belfry-api/],
    ['where the ingress leads', withIngress, /https:\/\/belfry\.example\.com\/api/],
    ['that a single scheduler leaves a gap', withIngress, /scheduler\.replicas is 1/],
    ['how to scale a pool that scales itself', withIngress, /workers\.pools\.heavy\.autoscaling\.maxReplicas=/],
    ['that the API is closed without a token, and how to open it', {}, /closed.*\n.*--from-literal=api-token=/],
    ['that its Valkey is for trying out', {}, /Valkey .*for trying out/],
    ['that nobody scrapes metrics', {}, /metrics\.podMonitor\.enabled/],
  ])('says %s', async (_, values, words) => {
    expect(await renderNotes(values)).toMatch(words);
  });

  test.each<readonly [string, Values, RegExp]>([
    ['a warning about Valkey', { valkey: { enabled: false }, externalRedis: { host: 'a' } }, /Valkey/],
    ['a warning about the token', withIngress, /closed/],
    ['a warning about one scheduler', {}, /scheduler\.replicas is/],
    ['a word about scraping', withIngress, /Nobody is told to scrape/],
    ['a word about the API', { api: { enabled: false } }, /port-forward/],
    ['a template that was not filled in', withIngress, /\{\{|<no value>|%!/],
  ])('leaves out %s where there is nothing to say', async (_, values, words) => {
    expect(await renderNotes(values)).not.toMatch(words);
  });

  test('names commands that Belfry and helm have, and objects that there are', async () => {
    const program = await createProgram({ version: '0.0.0' } as Partial<Desk> as Desk, () => undefined, []);
    const names = (await renderChart()).map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    const { stdout: upgrade } = await runHelm(['upgrade', '--help']);
    const lines = (await renderNotes({})).split('\n').map((line) => line.trim());
    const belfry = lines.flatMap((line) => line.split(' -- belfry ')[1] ?? []).map((words) => words.split(' '));
    expect(belfry.length).toBeGreaterThanOrEqual(3);
    for (const [name = '', subcommand] of belfry) {
      const command = program.commands.find((candidate) => candidate.name() === name);
      expect(command?.name()).toBe(name);
      if (subcommand !== undefined) expect(command?.commands.map((one) => one.name())).toContain(subcommand);
    }
    for (const [, kind, name] of lines.flatMap((line) => [...line.matchAll(/ (deploy|svc)\/(\S+)/g)])) {
      expect(names).toContain(`${kind === 'svc' ? 'Service' : 'Deployment'} ${name ?? ''}`);
    }
    for (const [flag] of lines.flatMap((line) =>
      line.startsWith('helm upgrade') ? [...line.matchAll(/--[a-z-]+/g)] : [],
    )) {
      expect(upgrade).toContain(flag);
    }
  });
});
