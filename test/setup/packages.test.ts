import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { missingFromLock } from '../../scripts/complete_lock.mjs';
import { arePackagesInstalled } from '../../scripts/setup/packages.mjs';
import { findRedis } from '../../scripts/setup/redis.mjs';

const repo = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'belfry-packages-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('package-lock.json', () => {
  test('describes every platform package, so that `npm ci` takes it on every system (else: node scripts/complete_lock.mjs)', () => {
    const lock = JSON.parse(readFileSync(join(repo, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, object>;
    };
    expect(Object.keys(lock.packages).length).toBeGreaterThan(100);
    expect(missingFromLock(lock).map(([path]) => path)).toEqual([]);
  });

  test('is completed with the system that a platform package names', () => {
    const names = [
      '@a/binding-linux-x64-musl',
      '@a/binding-linux-arm-gnueabihf',
      '@a/darwin-arm64',
      '@a/b-wasm32-wasi',
      'fsevents',
    ];
    const optionalDependencies = Object.fromEntries(names.map((name) => [name, '1.0.0']));
    const lock = { packages: { 'node_modules/a': { dev: true, optionalDependencies } } };
    const common = { version: '1.0.0', dev: true, optional: true };
    expect(Object.fromEntries(missingFromLock(lock))).toEqual({
      'node_modules/@a/binding-linux-x64-musl': { ...common, os: ['linux'], cpu: ['x64'], libc: ['musl'] },
      'node_modules/@a/binding-linux-arm-gnueabihf': { ...common, os: ['linux'], cpu: ['arm'], libc: ['glibc'] },
      'node_modules/@a/darwin-arm64': { ...common, os: ['darwin'], cpu: ['arm64'] },
      'node_modules/@a/b-wasm32-wasi': { ...common, cpu: ['wasm32'] },
      'node_modules/fsevents': common,
    });
  });

  test('is what the installed packages are compared with', () => {
    expect(arePackagesInstalled(repo)).toBe(true);
    writeFileSync(join(folder, 'package-lock.json'), '{}');
    expect(arePackagesInstalled(folder)).toBe(false);
  });
});

test('a Redis server is looked for below .belfry/ first and then on the PATH, and must be executable', () => {
  const onPath = mkdtempSync(join(folder, 'path-'));
  expect(findRedis(folder, onPath)).toBeUndefined();
  writeFileSync(join(onPath, 'redis-server'), '', { mode: 0o644 });
  expect(findRedis(folder, onPath)).toBeUndefined();
  writeFileSync(join(onPath, 'valkey-server'), '', { mode: 0o755 });
  expect(findRedis(folder, `:${onPath}:/nowhere`)).toBe(join(onPath, 'valkey-server'));
});
