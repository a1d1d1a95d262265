import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findRedisServer } from '../../src/runtime/redis_binary.ts';

const REPO_BINARIES = fileURLToPath(new URL('../../.belfry/bin', import.meta.url));

/** The server under test: the one on the PATH, or the one that set-up has unpacked. */
export function redisServerBinary(): string {
  const binary = findRedisServer({ searchPath: process.env['PATH'] ?? '', folders: [REPO_BINARIES] });
  if (binary === undefined) throw new Error('no redis-server or valkey-server here: run `npm run setup`');
  return binary;
}

/** One redis-server of a test: a folder that outlives restarts, and at most one process at a time. */
export type RedisProcess = {
  readonly folder: string;
  /** The pid of the living process; undefined while it is down. */
  pid(): number | undefined;
  /** Starts it and waits until it accepts connections. */
  start(): Promise<void>;
  /** Sends a signal and waits for the exit; SIGKILL unless told. Nothing happens when it is down. */
  end(signal?: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  /** Ends it and removes its folder. */
  dispose(): Promise<void>;
};

const living = new Set<ChildProcess>();
// A test worker that leaves early (a failed import, `--bail`) must not leave servers behind.
process.once('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

/** Prepares, without starting it, a server with these settings, and then `args`, which win over them. */
export function createRedisProcess(
  settings: (folder: string) => Readonly<Record<string, string>>,
  args: readonly string[] = [],
): RedisProcess {
  const folder = mkdtempSync(join(tmpdir(), 'bt-'));
  let child: ChildProcess | undefined;

  const end = async (signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> => {
    const ending = child;
    if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return;
    const exited = new Promise((resolve) => ending.once('exit', resolve));
    ending.kill(signal);
    await exited;
  };
  const start = async (): Promise<void> => {
    await end();
    const all = Object.entries({ dir: folder, save: '', ...settings(folder) });
    const asArguments = all.flatMap(([name, value]) => [`--${name}`, value]);
    child = spawn(redisServerBinary(), [...asArguments, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    await untilReady(child);
  };
  const dispose = async (): Promise<void> => {
    await end();
    rmSync(folder, { recursive: true, force: true });
  };
  const pid = () => (child?.exitCode === null && child.signalCode === null ? child.pid : undefined);
  return { folder, pid, start, end, dispose };
}

function untilReady(child: ChildProcess): Promise<void> {
  living.add(child);
  child.once('exit', () => living.delete(child));
  return new Promise((resolve, reject) => {
    let output = '';
    const read = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-4_000);
      // Redis 6.2 writes "now ready to accept connections", 7 and Valkey "Ready to accept connections unix".
      if (/ready to accept connections/i.test(output)) resolve();
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('error', reject);
    child.once('exit', () => {
      reject(new Error(`redis-server ended before it was ready:\n${output}`));
    });
  });
}
