import { unpackFinished, type FinishedRun } from '../core/run.ts';
import type { EpochMs } from '../core/time/units.ts';
import type { Shard } from './shard.ts';

/** A place in the order of dead letters: newest first, and by id among those of one millisecond. */
export type LetterPlace = { at: EpochMs; id: string };

export type LetterSlice = {
  letters: FinishedRun[];
  /** The last place of the slice; undefined behind the oldest letter. */
  last: LetterPlace | undefined;
  /** Letters that were looked at. */
  seen: number;
};

export type LetterQuery = {
  /** Go on behind this place. */
  after?: LetterPlace | undefined;
  since?: EpochMs | undefined;
  /** Before this instant. */
  until?: EpochMs | undefined;
  count: number;
};

/** The dead letters of one shard, by time. */
export type LetterStore = ReturnType<typeof createLetterStore>;

export function createLetterStore(shard: Shard) {
  const { connection } = shard;

  const places = async (range: { from: string; to: string; offset: number; count: number }): Promise<LetterPlace[]> => {
    const { from, to, offset, count } = range;
    const key = shard.key('dead');
    const flat = await connection.zrange(key, from, to, 'BYSCORE', 'REV', 'LIMIT', offset, count, 'WITHSCORES');
    const found: LetterPlace[] = [];
    for (let i = 0; i < flat.length; i += 2) found.push({ id: flat[i] as string, at: Number(flat[i + 1]) });
    return found;
  };

  return {
    /** Whatever becomes a dead letter, or ceases to be one, meanwhile: none is given twice and no other is left out. */
    async slice({ after, since, until, count }: LetterQuery): Promise<LetterSlice> {
      const top = Math.min(after?.at ?? Infinity, (until ?? Infinity) - 1);
      const range = { from: top === Infinity ? '+inf' : String(top), to: String(since ?? '-inf'), count };
      for (let offset = 0; ; offset += count) {
        const found = await places({ ...range, offset });
        const fresh = after === undefined ? found : found.filter((place) => isBehind(place, after));
        if (fresh.length === 0 && found.length === count) continue; // all of the same millisecond, given before
        if (fresh.length === 0) return { letters: [], last: undefined, seen: 0 };
        const stored = await connection.hmgetBuffer(shard.key('letters'), ...fresh.map(({ id }) => id));
        const letters = stored.flatMap((letter) => (letter === null ? [] : [unpackFinished(letter)]));
        return { letters, last: fresh.at(-1), seen: fresh.length };
      }
    },

    /** Those of these ids that are dead letters. */
    async known(ids: readonly string[]): Promise<string[]> {
      if (ids.length === 0) return [];
      const diedAt = await connection.zmscore(shard.key('dead'), ...ids);
      return ids.filter((_, i) => diedAt[i] !== null);
    },

    async get(id: string): Promise<FinishedRun | undefined> {
      const letter = await connection.hgetBuffer(shard.key('letters'), id);
      return letter === null ? undefined : unpackFinished(letter);
    },
  };
}

/** Whether a place comes after another in the order of letters. */
export function isBehind(place: LetterPlace, other: LetterPlace): boolean {
  return place.at < other.at || (place.at === other.at && place.id < other.id);
}
