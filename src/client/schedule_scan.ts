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

/** Where a scan goes on: shard, Redis' own cursor, and the last id that was given out of its slice. */
type Place = { shard: number; cursor: string; after: string };

/** One slice of the schedules that fit, all of one shard, and where to go on; undefined at the end. */
export type Slice = { shard: ShardStore; found: StoredValue[]; next: string | undefined };

/** Schedules that one call looks at, at most. */
const LOOKED_AT = 10_000;
const SLICE = 1_000;

/**
 * Goes on with a scan until `limit` schedules that fit were found, LOOKED_AT were looked at, or the shard is done. What
 * exists from the beginning of a scan to its end is found; what is created or removed meanwhile may be.
 */
export async function scanSchedules(
  store: Store,
  filter: ScheduleFilter,
  { cursor, limit }: { cursor: string | undefined; limit: number },
): Promise<Slice> {
  const shards = filter.job === undefined ? store.shards : [store.of(filter.job)];
  const place = cursor === undefined ? { shard: 0, cursor: '0', after: '' } : readCursor(cursor, shards.length);
  const shard = shards[place.shard] as ShardStore;
  const match = filter.job === undefined ? '*' : `${filter.job}*`;
  const fits = fitsFilter(filter);
  const found: StoredValue[] = [];
  for (let looked = 0; ; looked += SLICE) {
    const slice = await shard.changes.scanMatching(place.cursor, { match, count: SLICE });
    const fitting = slice.found.filter(({ schedule }) => schedule.id > place.after && fits(schedule));
    const taken = fitting.slice(0, limit - found.length);
    found.push(...taken);
    const isWhole = taken.length === fitting.length;
    if (!isWhole) return { shard, found, next: packCursor({ ...place, after: found.at(-1)?.schedule.id ?? '' }) };
    place.cursor = slice.cursor;
    place.after = '';
    if (slice.cursor === '0') {
      place.shard += 1;
      return { shard, found, next: place.shard === shards.length ? undefined : packCursor(place) };
    }
    if (found.length === limit || looked >= LOOKED_AT) return { shard, found, next: packCursor(place) };
  }
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
