import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { ShardStore } from '../../../src/store/store.ts';
import { makePlace, runBelfry, runNode, type Place, type Variables } from '../../support/belfry_process.ts';
import { job, openEngine, type Engine } from '../../support/engine.ts';
import type { TestRedis } from '../../support/redis.ts';

/** A namespace of its own with a few jobs and no process over it: only what the test does happens there. */
export type Scene = Engine & {
  redis: TestRedis;
  shard: ShardStore;
  place: Place;
  variables: Variables;
  /** Everything that Redis holds for the namespace, by key. */
  dump(): Promise<Record<string, string>>;
};

/** What somebody starts: words of the command line, or a program of their own in place of them. */
export type Call = { words: readonly string[] } | { program: string };

export type SceneOptions = {
  /** `no jobs`: nothing is registered beforehand. */
  registered?: 'no jobs';
  /** Left out: one. */
  shards?: number;
};

const KEEP = { count: 100, bytes: 1e6 };
const LIBRARY = fileURLToPath(new URL('../../../dist/library.js', import.meta.url));

const HOURLY = { schedule: { every: '1h' } } as const;
const jobs = () => [job('work'), job('follows'), job('each', HOURLY)];

export async function openScene(redis: TestRedis, { registered, shards = 1 }: SceneOptions): Promise<Scene> {
  const namespace = `scene-${randomUUID().slice(0, 8)}`;
  const own = registered === 'no jobs' ? {} : { jobs: jobs() };
  const engine = await openEngine({ target: redis.target, namespace, config: { shards }, ...own });
  const shard = engine.store.shards[0] as ShardStore;
  const { connection } = shard.shard;
  return {
    ...engine,
    redis,
    shard,
    place: makePlace(),
    variables: { REDIS_URL: redis.url, BELFRY_NAMESPACE: namespace, BELFRY_SHARDS: String(shards) },
    async dump() {
      const keys = (await connection.keys(`{${namespace}:*`)).sort();
      const values = await Promise.all(keys.map((key) => connection.dumpBuffer(key)));
      return Object.fromEntries(keys.map((key, i) => [key, String(values[i]?.toString('base64'))]));
    },
  };
}

/** Runs it to its end in a process of its own. */
export function run({ place, variables }: Scene, call: Call, more: Variables = {}) {
  const all = { ...variables, ...more };
  if ('words' in call) return runBelfry(place, call.words, all);
  place.write('application.mjs', `import { createClient } from ${JSON.stringify(LIBRARY)};\n${call.program}`);
  return runNode(place, ['application.mjs'], all);
}

/** What an application does with a client. */
export const program = (does: string): Call => ({
  program: `const { REDIS_URL: redis, BELFRY_NAMESPACE: namespace } = process.env;
const client = await createClient({ redis, namespace });
${does}
client.close();
`,
});

/** A run that a worker holds. */
export async function startRun({ shard, client }: Scene): Promise<{ id: string; token: string }> {
  const id = await client.enqueue('work');
  await shard.runs.publishCode('code', ['work'], 600_000);
  const request = { worker: 'w', leaseMs: 600_000, want: 1, code: 'code', queues: ['default'] };
  const [attempt] = (await shard.runs.claim(request, KEEP)).attempts;
  if (attempt?.run.id !== id) throw new Error('the run was not claimed');
  return { id, token: attempt.token };
}

export async function makeDeadLetter(scene: Scene): Promise<string> {
  const attempt = await startRun(scene);
  await scene.shard.runs.settle([{ ...attempt, settlement: { outcome: 'dead', bodyJson: '{}', logged: false } }], KEEP);
  return attempt.id;
}

/** Runs of a job by state. */
export async function statesOf({ client }: Scene, name: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { state } of await client.runs.list({ job: name, limit: 1_000 })) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}
