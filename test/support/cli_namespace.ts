import type { JobDefinition } from '../../src/core/definition.ts';
import { makePlace, type Place, type Variables } from './belfry_process.ts';
import { ask, askJson, type Answer } from './desk.ts';
import { openEngine, type Engine } from './engine.ts';
import type { TestRedis } from './redis.ts';

/** A namespace with jobs and no process over it, and the command line that asks it. */
export type CliNamespace = {
  engine: Engine;
  place: Place;
  /** `{ input }` is what standard input holds. */
  say(words: readonly string[], more?: { input?: string; now?: number }): Promise<Answer>;
  sayJson<T>(words: readonly string[], more?: { input?: string; now?: number }): Promise<T>;
};

let count = 0;

export async function openCliNamespace(redis: TestRedis, jobs: JobDefinition[]): Promise<CliNamespace> {
  count += 1;
  const namespace = `cli${String(count)}`;
  const engine = await openEngine({ target: redis.target, namespace, jobs });
  const place = makePlace({});
  const variables: Variables = { REDIS_URL: redis.url, BELFRY_NAMESPACE: namespace };
  return {
    engine,
    place,
    say: (words, more = {}) => ask(words, { place, variables, ...more }),
    sayJson: (words, more = {}) => askJson(words, { place, variables, ...more }),
  };
}
