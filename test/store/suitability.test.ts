import { describe, expect, test } from 'vitest';
import type { Connection } from '../../src/store/connect.ts';
import { inspectRedis, type Finding } from '../../src/store/suitability.ts';

/** What is found on a server of which INFO says these lines: versions and settings that this machine does not have. */
function inspect(info: Record<string, string>, policy: string | Error = 'noeviction'): Promise<Finding[]> {
  const lines = {
    redis_version: '7.0.15',
    role: 'master',
    connected_slaves: '0',
    aof_enabled: '1',
    aof_last_write_status: 'ok',
    ...info,
  };
  const server = {
    info: () =>
      Promise.resolve(
        Object.entries(lines)
          .map(([name, value]) => `${name}:${value}`)
          .join('\r\n'),
      ),
    config: () => (policy instanceof Error ? Promise.reject(policy) : Promise.resolve(['maxmemory-policy', policy])),
  };
  return inspectRedis(server as unknown as Connection);
}

const levelOf = (findings: Finding[], check: string): string | undefined =>
  findings.find((finding) => finding.check === check)?.level;

describe('a server', () => {
  test('that is recent, a primary, evicts nothing and has its AOF on is all right', async () => {
    expect((await inspect({})).map(({ level }) => level)).toEqual(['ok', 'ok', 'ok', 'ok']);
  });

  test.each([
    ['6.2.0', 'ok'],
    ['6.0.20', 'error'],
    ['5.0.14', 'error'],
    ['7.4.1', 'ok'],
    ['8.0.0', 'ok'],
    ['10.1.0', 'ok'],
  ])('of version %s is judged %s', async (version, level) => {
    const findings = await inspect({ redis_version: version });
    expect(levelOf(findings, 'version')).toBe(level);
    if (level === 'error') expect(findings.find(({ check }) => check === 'version')?.hint).toContain('6.2');
  });

  test('that is a Valkey is judged by its own version', async () => {
    expect(levelOf(await inspect({ redis_version: '7.2.4', valkey_version: '8.0.1' }), 'version')).toBe('ok');
  });

  test('that is a replica is refused', async () => {
    expect(levelOf(await inspect({ role: 'slave' }), 'role')).toBe('error');
  });

  test('that evicts is refused, and one that will not say gives a warning', async () => {
    expect(levelOf(await inspect({}, 'volatile-lru'), 'eviction')).toBe('error');
    expect(levelOf(await inspect({}, new Error('ERR unknown command CONFIG')), 'eviction')).toBe('warning');
    expect(levelOf(await inspect({ maxmemory_policy: 'noeviction' }, new Error('NOPERM')), 'eviction')).toBe('ok');
  });

  test('without AOF gives a warning, and one whose last AOF write failed is refused', async () => {
    expect(levelOf(await inspect({ aof_enabled: '0' }), 'durability')).toBe('warning');
    expect(levelOf(await inspect({ aof_last_write_status: 'err' }), 'durability')).toBe('error');
  });

  test('with replicas that it does not wait for gives a warning', async () => {
    expect(levelOf(await inspect({ connected_slaves: '1' }), 'replicas')).toBe('warning');
    expect(levelOf(await inspect({ connected_slaves: '1', min_slaves_good_slaves: '1' }), 'replicas')).toBeUndefined();
  });
});
