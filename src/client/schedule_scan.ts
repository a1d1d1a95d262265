import { BelfryError } from '../core/errors.ts';
import { quote } from '../core/quote.ts';
import { jobOf } from '../core/schedule_id.ts';
import type { StoredSchedule } from '../core/stored_schedule.ts';
import type { StoredValue } from '../store/schedule_changes.ts';
import type { ShardStore, Store } from '../store/store.ts';

/** Which schedules. Everything that is given must fit. */
export type ScheduleFilter = {
  job?: string;
  tag?: string;
  /** Text in the id or in the rule: cron text, zone, tags, payload. Upper and lower case are the same. */
  search?: string;
};

/**
 * Where a scan goes on: shard, Redis' own cursor, and an id where all of the shard up to that one, in the order of the
 * ids, has been given out.
 */
type Place = { shard: number; cursor: string; after: string };

/** Those of some schedules of one shard that fit by what is kept beside them, in order. */
export type Narrow = (shard: ShardStore, found: StoredValue[]) => Promise<StoredValue[]>;

/** One slice of the schedules that fit, all of one shard, and where to go on; undefined at the end. */
export type Slice = { shard: ShardStore; found: StoredValue[]; next: string | undefined };

/** Schedules that one call looks at, at most. */
const LOOKED_AT = 10_000;
const SLICE = 1_000;

/**
 * Goes on with a scan until `limit` schedules that fit were found, LOOKED_AT were looked at, or the shard is done. What
 * exists from the beginning of a scan to its end is found; what is created or removed meanwhile may be. Redis gives its
 * hash out by buckets, and only whole ones can be gone on behind, so an answer may hold fewer than `limit`, and a few more
 * where the limit is below the length of one bucket.
 */
export async function scanSchedules(
  store: Store,
  filter: ScheduleFilter,
  { cursor, limit, narrow }: { cursor: string | undefined; limit: number; narrow?: Narrow | undefined },
): Promise<Slice> {
  const shards = filter.job === undefined ? store.shards : [store.of(filter.job)];
  const place = cursor === undefined ? { shard: 0, cursor: '0', after: '' } : readCursor(cursor, shards.length);
  const shard = shards[place.shard] as ShardStore;
  const match = filter.job === undefined ? '*' : `${filter.job}*`;
  const fits = fitsFilter(filter);
  const found: StoredValue[] = [];
  let count = SLICE;
  for (let looked = 0; looked < LOOKED_AT && found.length < limit;) {
    const slice = await shard.changes.scanMatching(place.cursor, { match, count });
    const told = slice.found.filter(({ schedule }) => schedule.id > place.after && fits(schedule));
    const fitting = narrow === undefined ? told : await narrow(shard, told);
    const room = limit - found.length;
    if (fitting.length > room) {
      if (place.cursor === '0' && slice.cursor === '0') {
        found.push(...fitting.slice(0, room)); // the whole shard, in order
        return { shard, found, next: packCursor({ ...place, after: found.at(-1)?.schedule.id ?? '' }) };
      }
      if (count > 1) {
        count = Math.floor(count / 2);
        continue; // the same place again: a cursor of Redis can be used any number of times
      }
      if (found.length > 0) break;
    }
    found.push(...fitting);
    looked += count;
    place.cursor = slice.cursor;
    if (slice.cursor === '0') return { shard, found, next: nextShard(place, shards.length) };
  }
  return { shard, found, next: packCursor(place) };
}

function nextShard({ shard }: Place, shards: number): string | undefined {
  return shard + 1 === shards ? undefined : packCursor({ shard: shard + 1, cursor: '0', after: '' });
}

function fitsFilter({ job, tag, search }: ScheduleFilter): (schedule: StoredSchedule) => boolean {
  const wanted = search?.toLowerCase();
  const tagText = tag === undefined ? undefined : JSON.stringify(tag);
  return ({ id, ruleJson }) =>
    (job === undefined || jobOf(id) === job) &&
    (tagText === undefined || (ruleJson.includes(tagText) && tagsOf(ruleJson).includes(tag))) &&
    (wanted === undefined || id.toLowerCase().includes(wanted) || ruleJson.toLowerCase().includes(wanted));
}

function tagsOf(ruleJson: string): unknown[] {
  try {
    return (JSON.parse(ruleJson) as { tg?: unknown[] }).tg ?? [];
  } catch {
    return []; // damaged
  }
}

function packCursor({ shard, cursor, after }: Place): string {
  return `${shard}~${cursor}~${after}`;
}

function readCursor(text: string, shards: number): Place {
  const [, shard = '', cursor = '', after = ''] = /^(\d+)~(\d+)~(.*)$/.exec(text) ?? [];
  if (shard !== '' && Number(shard) < shards) return { shard: Number(shard), cursor, after };
  throw new BelfryError('BAD_USAGE', `the cursor is ${quote(text)}`, {
    field: 'cursor',
    hint: 'the one that the call before answered, with the same filter; leave it out to begin',
  });
}
