import { BelfryError } from '../core/errors.ts';
import type { Shard } from './shard.ts';

/**
 * Layout of the state that this release writes. A release that changes the layout counts it up and adds a migration
 * (migrations/list.ts); released formats have a dump in test/store/formats.
 *
 *   0  before the first release: rates by job in the hash `rates`
 *   1  0.1.0
 */
export const FORMAT = 1;

/** The oldest format whose code can work on what this release writes. */
const OLDEST_READER = 1;

/** What is noted of one shard. */
export type ShardFormat = { shard: number; format: number; oldest: number };

/**
 * Notes the format of a namespace's shards at first contact, and its number of shards, which is fixed with the first start:
 * jobs would move away from their runs. `noted` where somebody knows the format of what is there: a running process whose
 * shard has lost its note with everything else. Throws SHARD_MISMATCH.
 */
export async function meetShards(shards: readonly Shard[], noted?: number): Promise<ShardFormat[]> {
  const [first, ...others] = shards as [Shard, ...Shard[]];
  const head = await meet(first, { noted, shards: shards.length });
  if (head.shards !== String(shards.length)) throw shardMismatch(first, head.shards, shards.length);
  const rest = await Promise.all(
    others.map((shard) => meet(shard, { noted: noted ?? head.format, shards: undefined })),
  );
  return [head, ...rest].map(({ format, oldest }, shard) => ({ shard, format, oldest }));
}

async function meet(shard: Shard, { noted, shards }: { noted: number | undefined; shards: number | undefined }) {
  const args = [FORMAT, OLDEST_READER, noted ?? '', shards ?? ''];
  const [format, oldest, stored] = (await shard.run('meet', args)) as [string, string, string];
  return { format: Number(format), oldest: Number(oldest), shards: stored };
}

function shardMismatch({ prefix }: Shard, stored: string, shards: number): BelfryError {
  const namespace = prefix.slice(1, prefix.lastIndexOf(':', prefix.length - 2));
  return new BelfryError('SHARD_MISMATCH', `namespace ${namespace} has ${stored} shards, this process ${shards}`, {
    field: 'BELFRY_SHARDS',
    hint: `set BELFRY_SHARDS=${stored}, or use another BELFRY_NAMESPACE`,
  });
}

/**
 * `current`: this code wrote it, or a later release whose state it can read. `older`: a migration is to bring it up. Throws
 * FORMAT_MISMATCH for state that this code cannot read.
 */
export function judgeFormats(formats: readonly ShardFormat[], own: number = FORMAT): 'current' | 'older' {
  const newer = formats.find(({ oldest }) => oldest > own);
  if (newer !== undefined) {
    throw new BelfryError(
      'FORMAT_MISMATCH',
      `the state in Redis has format ${newer.format}, which needs code of format ${newer.oldest} at least; this Belfry knows ${own}`,
      { field: 'version', hint: 'run the release that wrote it, or a later one; this one can change nothing there' },
    );
  }
  return formats.some(({ format }) => format < own) ? 'older' : 'current';
}

/** Thrown by whoever reads state of an older format, and may not bring it up. */
export function olderState(formats: readonly ShardFormat[]): BelfryError {
  const oldest = Math.min(...formats.map(({ format }) => format));
  return new BelfryError(
    'FORMAT_MISMATCH',
    `the state in Redis has format ${oldest}, and this Belfry writes ${FORMAT}`,
    {
      field: 'version',
      hint: 'bring it up with `belfry migrate`; the start of a process of this release does it too',
    },
  );
}
