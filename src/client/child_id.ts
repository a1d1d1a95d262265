import { createHash } from 'node:crypto';
import { firstIdOf } from '../core/run_ids.ts';

/**
 * Id of the run that another run or a batch makes under a key: the same each time it is asked for, so that it is made
 * once. It looks like a UUIDv7 and tells its job, as the ids of other runs do, but its time is none.
 */
export function childIdOf(parent: string, key: string, job: string): string {
  const hash = createHash('sha256').update(`${parent}\n${key}\n${job}`).digest('hex');
  const parts = [hash.slice(0, 8), hash.slice(8, 12), `7${hash.slice(13, 16)}`, `8${hash.slice(17, 20)}`];
  return firstIdOf(`${parts.join('-')}-${hash.slice(20, 32)}`, job);
}
