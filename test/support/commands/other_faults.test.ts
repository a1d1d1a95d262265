import { describe, expect, test } from 'vitest';
import { dockerFault, hostFault, redisCommand } from './host_fault.ts';
import { helmFault, kubectlFault } from './kubernetes_fault.ts';

const words = (line: string): string[] => line.split(' ');

test.each([
  ['npm run lnit', 'package.json has no script lnit'],
  ['npx vitets run', 'there is no vitets to run'],
  ['npx vitest run test/nowhere.test.ts', 'there is no test/nowhere.test.ts'],
  ['systemctl restart belfry-schedule', 'deploy/systemd has no unit belfry-schedule'],
  ['journalctl -u belfry-wroker@default', 'deploy/systemd has no unit belfry-wroker@default'],
  ['cp deploy/nowhere/x .', 'there is no deploy/nowhere/x'],
  ['foreman start --formation web=1,clock=1', 'the Procfile has no clock=1'],
  ['promtool test rlues x', 'promtool test rlues x is no form that documents use'],
  ['rm -rf /', 'nobody has written down what is right behind rm'],
])('%s is wrong: %s', (line, fault) => {
  expect(hostFault(words(line))).toBe(fault);
});

test.each([
  'npm test',
  'npx vitest run test/docs/guides.test.ts',
  'systemctl status belfry-worker@heavy',
  'git clone x',
])('%s is right', (line) => expect(hostFault(words(line))).toBeUndefined());

describe('docker', () => {
  test('hands on what runs in a container', () => {
    expect(dockerFault(words('compose exec api belfry jobs list'))).toEqual({ rest: ['belfry', 'jobs', 'list'] });
    expect(dockerFault(words('compose up --detach --scale worker-default=4 worker-default'))).toEqual({});
  });

  test.each([
    ['compose exec nobody belfry doctor', 'compose.yaml has no service nobody'],
    ['compose burn', 'docker compose burn is no form that documents use'],
    ['burn', 'docker burn is no form that documents use'],
  ])('%s is wrong: %s', (line, fault) => {
    expect(dockerFault(words(line)).fault).toBe(fault);
  });
});

describe('kubectl', () => {
  test('hands on what runs in a container', async () => {
    const line = 'exec --namespace belfry deployment/belfry-api -- belfry doctor';
    expect(await kubectlFault(words(line))).toEqual({ rest: ['belfry', 'doctor'] });
  });

  test.each([
    ['get pods --selector app.kubernetes.io/component=sheduler', 'nothing in the chart has the label'],
    ['logs deployment/belfry-shceduler --since 5m', 'a release belfry has no deployment belfry-shceduler'],
    ['describe deployment belfry-workers', 'a release belfry has no deployment belfry-workers'],
    ['get pdos', 'documents name no objects of the kind pdos'],
    ['get pods --wide', 'kubectl --wide is no flag that documents use'],
    ['burn pods', 'kubectl burn is no form that documents use'],
  ])('%s is wrong: %s', async (line, fault) => {
    expect((await kubectlFault(words(line))).fault).toContain(fault);
  });
});

describe('helm', () => {
  test('takes a value of the chart, and one of a pool', async () => {
    const line = 'upgrade belfry charts/belfry --set workers.pools.heavy.replicas=3 --set config.log=debug';
    expect(await helmFault(words(line))).toBeUndefined();
  });

  test.each([
    ['upgrade belfry charts/befry', 'there is no charts/befry'],
    [
      'upgrade belfry charts/belfry --set workers.pools.heavy.replica=3',
      'the chart has no value workers.pools.heavy.replica',
    ],
    ['upgrade belfry charts/belfry --resue-values', 'helm upgrade has no --resue-values'],
    ['upgarde belfry', 'there is no command: helm upgarde'],
  ])('%s is wrong: %s', async (line, fault) => {
    expect(await helmFault(words(line))).toBe(fault);
  });
});

test('of redis-cli the command of Redis is left, without the flags before it', () => {
  expect(redisCommand(words('CONFIG GET dir'))).toEqual({ command: ['CONFIG', 'GET', 'dir'] });
  expect(redisCommand(words('--latency-history -i 5'))).toEqual({ command: [] });
  expect(redisCommand(words('--flushall'))).toEqual({ fault: 'redis-cli --flushall is no flag that documents use' });
});
