import { createServer } from 'node:net';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll } from 'vitest';
import type { ClusterTarget, RedisNode } from '../../src/core/redis_target.ts';
import { eventually } from './eventually.ts';
import { createRedisProcess } from './redis_process.ts';
import type { RedisProcess } from './redis_process.ts';

const SLOTS = 16_384;
/** A node's bus listens this far above its port, on servers old and new alike. */
const BUS_OFFSET = 10_000;

export type TestCluster = {
  readonly nodes: readonly RedisNode[];
  /** `redis+cluster://…`, as `REDIS_URL` takes it. */
  readonly url: string;
  readonly target: ClusterTarget;
  /** SIGKILLs one master; its slots answer nothing until `restart(index)`. */
  kill(index: number): Promise<void>;
  restart(index: number): Promise<void>;
  stop(): Promise<void>;
};

type Master = { server: RedisProcess; node: RedisNode };

const started = new Set<RedisProcess>();
afterAll(async () => {
  await Promise.all([...started].map((server) => server.dispose()));
});

/** A real cluster on loopback ports with every slot assigned; it is ended after the test file. */
export async function startCluster({ masters }: { masters: number }): Promise<TestCluster> {
  const members = await Promise.all(Array.from({ length: masters }, () => startMaster()));
  const clients = members.map(({ server }) => new Redis({ path: socketIn(server.folder) }));
  try {
    await introduce(members, clients);
    await Promise.all(clients.map((client) => untilWhole(client, masters)));
  } finally {
    for (const client of clients) client.disconnect();
  }
  const nodes = members.map(({ node }) => node);
  const serverAt = (index: number): RedisProcess => {
    const member = members[index];
    if (member === undefined) throw new Error(`this cluster has masters 0 to ${String(masters - 1)}`);
    return member.server;
  };
  return {
    nodes,
    url: `redis+cluster://${nodes.map(({ host, port }) => `${host}:${String(port)}`).join(',')}`,
    target: { kind: 'cluster', nodes, auth: {} },
    kill: (index) => serverAt(index).end('SIGKILL'),
    restart: (index) => serverAt(index).start(),
    stop: async () => {
      await Promise.all(members.map(({ server }) => server.dispose()));
    },
  };
}

async function startMaster(): Promise<Master> {
  const port = await freePort();
  const server = createRedisProcess((folder) => ({
    bind: '127.0.0.1',
    port: String(port),
    unixsocket: socketIn(folder),
    appendonly: 'no',
    'cluster-enabled': 'yes',
    'cluster-config-file': 'nodes.conf',
    'cluster-node-timeout': '2000',
  }));
  started.add(server);
  await server.start();
  return { server, node: { host: '127.0.0.1', port } };
}

/** Slots in equal ranges, distinct epochs (else two masters may contend for one), then everyone meets the first. */
async function introduce(members: readonly Master[], clients: readonly Redis[]): Promise<void> {
  const share = Math.ceil(SLOTS / members.length);
  for (const [index, client] of clients.entries()) {
    const from = index * share;
    const slots = Array.from({ length: Math.min(share, SLOTS - from) }, (_, offset) => from + offset);
    await client.cluster('ADDSLOTS', ...slots);
    await client.cluster('SET-CONFIG-EPOCH', index + 1);
    const first = members[0]?.node;
    if (index > 0 && first !== undefined) await client.cluster('MEET', first.host, first.port);
  }
}

async function untilWhole(client: Redis, masters: number): Promise<void> {
  await eventually(
    async () => {
      const info = await client.cluster('INFO');
      if (!info.includes('cluster_state:ok') || !info.includes(`cluster_size:${String(masters)}`)) {
        throw new Error(`the cluster is not whole yet:\n${info}`);
      }
    },
    { timeoutMs: 20_000, everyMs: 50 },
  );
}

/** A loopback port whose bus port is free too. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = await listenOnce(0);
    if (port + BUS_OFFSET > 65_535) continue;
    const isBusFree = await listenOnce(port + BUS_OFFSET).then(
      () => true,
      () => false,
    );
    if (isBusFree) return port;
  }
}

function listenOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        resolve(typeof address === 'object' && address !== null ? address.port : port);
      });
    });
  });
}

const socketIn = (folder: string): string => join(folder, 'redis.sock');
