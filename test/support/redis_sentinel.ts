import { spawn, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll } from 'vitest';
import type { SentinelTarget } from '../../src/core/redis_target.ts';
import { eventually } from './eventually.ts';
import { freePort } from './free_port.ts';
import { createRedisProcess, redisServerBinary, type RedisProcess } from './redis_process.ts';

const NAME = 'belfry';

export type TestSentinels = {
  readonly target: SentinelTarget;
  /** SIGKILL to the primary; the Sentinels notice and promote the replica. */
  killPrimary(): Promise<void>;
};

const servers: RedisProcess[] = [];
const sentinels: ChildProcess[] = [];
afterAll(async () => {
  for (const child of sentinels) child.kill('SIGKILL');
  await Promise.all(servers.map((server) => server.dispose()));
});

/** A primary with one replica under three real Sentinels that take half a second of silence for a death. */
export async function startSentinels(): Promise<TestSentinels> {
  const [primaryPort, replicaPort] = [await freePort(), await freePort()];
  const primary = await startServer(primaryPort);
  await startServer(replicaPort, { replicaof: `127.0.0.1 ${String(primaryPort)}` });
  const ports = [await freePort(), await freePort(), await freePort()];
  for (const port of ports) startSentinel(port, { primaryPort, folder: primary.folder });
  await Promise.all(ports.map(untilAgreed));
  return {
    target: {
      kind: 'sentinel',
      name: NAME,
      sentinels: ports.map((port) => ({ host: '127.0.0.1', port })),
      db: 0,
      auth: {},
    },
    killPrimary: () => primary.end('SIGKILL'),
  };
}

async function startServer(port: number, more: Record<string, string> = {}): Promise<RedisProcess> {
  const server = createRedisProcess(() => ({
    bind: '127.0.0.1',
    port: String(port),
    'repl-diskless-sync-delay': '0',
    'repl-timeout': '5',
    ...more,
  }));
  servers.push(server);
  await server.start();
  return server;
}

function startSentinel(port: number, { primaryPort, folder }: { primaryPort: number; folder: string }): void {
  const file = join(folder, `sentinel-${String(port)}.conf`);
  const lines = [
    `port ${String(port)}`,
    'bind 127.0.0.1',
    `sentinel monitor ${NAME} 127.0.0.1 ${String(primaryPort)} 2`,
    `sentinel down-after-milliseconds ${NAME} 500`,
    `sentinel failover-timeout ${NAME} 2000`,
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  sentinels.push(spawn(redisServerBinary(), [file, '--sentinel'], { stdio: 'ignore' }));
}

/** Until this Sentinel knows the replica and both other Sentinels: a failover before that would find nobody. */
async function untilAgreed(port: number): Promise<void> {
  const client = new Redis({ host: '127.0.0.1', port, retryStrategy: () => 50 });
  client.on('error', () => undefined);
  await eventually(
    async () => {
      const state = await client.info('sentinel');
      if (!state.includes('slaves=1,sentinels=3')) throw new Error(`the Sentinels do not agree yet: ${state}`);
    },
    { timeoutMs: 15_000, everyMs: 50 },
  );
  client.disconnect();
}
