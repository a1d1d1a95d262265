import { BelfryError } from '../core/errors.ts';
import { packParent, type Spawner, type SpawnRequest } from '../core/kin.ts';
import { quote } from '../core/quote.ts';
import type { NewChild } from '../store/children.ts';
import { childIdOf } from './child_id.ts';
import { createPrepare, type EnqueueDeps } from './enqueue.ts';
import { resending } from './resending.ts';

/** Children of one run, in all its attempts. */
const MOST_CHILDREN = 10_000;
const CHUNK = 500;
const KEY = /^[\w./:+-]{1,200}$/;

/**
 * Adds children to a run, each id once: a child is noted with its parent and made (or sent to its shard) in one step.
 * Resolves with their ids, in order. Throws LEASE_LOST where the attempt holds its run no more, BAD_USAGE for too many
 * children or a key that cannot be used, and what `enqueue` throws.
 */
export function createSpawn(deps: EnqueueDeps): (parent: Spawner, wanted: SpawnRequest) => Promise<string[]> {
  const prepare = createPrepare(deps);
  const { store } = deps;
  return async (parent, { job, payloads, options, from }) => {
    const { key, ...enqueueOptions } = options;
    if (key !== undefined) assertKey(key);
    if (from + payloads.length > MOST_CHILDREN) throw tooMany(parent);
    const home = store.of(parent.job);
    const target = store.of(job).shard.index;
    const kin = packParent('run', home.shard.index, parent.id);
    const children = await Promise.all(
      payloads.map(async (payload, i): Promise<NewChild> => {
        const name = key === undefined ? `#${from + i}` : payloads.length === 1 ? key : `${key}/${i}`;
        const id = childIdOf(parent.id, name, job);
        const { groups } = await prepare(job, [payload], { ...enqueueOptions, id, parent: kin });
        const [group] = groups;
        if (group === undefined) throw new BelfryError('INTERNAL', 'a child without a run');
        const { queue, lane, delayMs, head } = group;
        return { shard: target, id, job, queue, lane, delayMs, head, payload: group.payloads[0] ?? 'null' };
      }),
    );
    for (let at = 0; at < children.length; at += CHUNK) {
      const part = children.slice(at, at + CHUNK);
      assertSpawned(await resending(() => home.children.spawn(parent, part, MOST_CHILDREN)), parent);
    }
    return children.map(({ id }) => id);
  };
}

function assertSpawned(answer: 'spawned' | 'fenced' | 'too many', { id }: Spawner): void {
  if (answer === 'fenced') {
    throw new BelfryError('LEASE_LOST', `run ${id} is another worker's by now, or over; no child was added`);
  }
  if (answer === 'too many') throw tooMany({ id });
}

function tooMany({ id }: Pick<Spawner, 'id'>): BelfryError {
  return new BelfryError('BAD_USAGE', `run ${id} can have ${MOST_CHILDREN} children, and more were to be added`, {
    field: 'spawn',
    hint: 'let each child do more, let children spawn children, or use a batch, which has no such bound',
  });
}

function assertKey(key: string): void {
  if (KEY.test(key)) return;
  throw new BelfryError('BAD_USAGE', `the key of a child is ${quote(key)}`, {
    field: 'key',
    hint: '1 to 200 characters out of letters, digits and _ . / : + -',
  });
}
