import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { describeConfig, loadConfig } from '../../src/config.ts';
import type { PoolSettings } from '../../src/config/pools.ts';

const cwd = mkdtempSync(join(tmpdir(), 'belfry-queues-'));
afterAll(() => {
  rmSync(cwd, { recursive: true });
});

function load(env: Record<string, string>, pools?: Record<string, unknown>) {
  const file = join(mkdtempSync(join(cwd, 'file-')), 'belfry.config.json');
  writeFileSync(file, JSON.stringify(pools === undefined ? {} : { pools }));
  return loadConfig({ env, cwd, file });
}
const poolOf = (...args: Parameters<typeof load>): PoolSettings | undefined => Object.values(load(...args).pools)[0];

describe('the queues of a worker', () => {
  test('are named in a variable with their weights', () => {
    const config = load({ BELFRY_QUEUES: 'critical:6, default:3,low:1' });
    expect(config.pools).toEqual({ default: { queues: ['critical:6', 'default:3', 'low:1'], concurrency: 20 } });
    expect(describeConfig(config)).toContain('default: 20 slots on critical:6, default:3, low:1');
  });

  test('are asked in a strict order where the variable says so', () => {
    const env = { BELFRY_QUEUES: 'critical,default', BELFRY_QUEUE_ORDER: 'strict' };
    expect(poolOf(env)).toEqual({ queues: ['critical', 'default'], order: 'strict', concurrency: 20 });
    expect(describeConfig(load(env))).toContain('critical, default in this order');
  });

  test('of the one pool of the file are replaced by the variable, and its slots stay', () => {
    const pools = { mail: { queues: ['mail', 'sms:2'], order: 'weighted', concurrency: 5 } };
    expect(load({}, pools).pools).toEqual(pools);
    expect(load({ BELFRY_QUEUES: 'mail:9,*' }, pools).pools).toEqual({
      mail: { queues: ['mail:9', '*'], order: 'weighted', concurrency: 5 },
    });
  });

  test.each<[Record<string, string>, Record<string, unknown> | undefined, string, string]>([
    [{ BELFRY_QUEUES: 'critical:0' }, undefined, 'BELFRY_QUEUES is "critical:0"', 'a weight from 1 to 1000'],
    [{ BELFRY_QUEUES: 'a:x' }, undefined, 'BELFRY_QUEUES is "a:x"', 'such as critical:6'],
    [{ BELFRY_QUEUES: 'a,a:2' }, undefined, 'BELFRY_QUEUES is "a:2"', 'a is there twice'],
    [{ BELFRY_QUEUES: ',' }, undefined, 'BELFRY_QUEUES is ""', 'names of queues'],
    [{ BELFRY_QUEUE_ORDER: 'fifo' }, undefined, 'BELFRY_QUEUE_ORDER is "fifo"', 'one of weighted, strict'],
    [
      { BELFRY_QUEUES: 'a:2,b', BELFRY_QUEUE_ORDER: 'strict' },
      undefined,
      'BELFRY_QUEUES: a strict order has no weights, and there is "a:2"',
      'name the queues in their order',
    ],
    [{ BELFRY_QUEUES: 'a' }, { x: {}, y: {} }, 'BELFRY_QUEUES is meant for one pool, and 2 are configured', 'x, y'],
    [{}, { x: { queues: ['a'], order: 'lifo' } }, 'pools.x.order is "lifo"', 'one of weighted, strict'],
    [{}, { x: { queues: 'a b' } }, 'pools.x.queues is "a b"', 'names of queues'],
  ])('in %j with pools %j are refused in words', (env, pools, says, hint) => {
    let thrown: unknown;
    try {
      load(env, pools);
    } catch (error) {
      thrown = error;
    }
    const { message, hint: said } = thrown as { message: string; hint: string };
    expect(message).toContain(says);
    expect(said).toContain(hint);
    expect(thrown).toMatchObject({ code: 'BAD_CONFIG' });
  });
});
