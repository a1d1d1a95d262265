import type { Json } from './job.ts';
import type { DurationMs, EpochMs } from './time/units.ts';

/** What a backfill is; does not change while it runs. JSON in the hash `backfills`, behind its cursor. */
export type BackfillSpec = {
  schedule: string;
  /** `catch-up`: missed fire times that the ticker left to be released; `backfill`: a range that a person asked for. */
  kind: 'catch-up' | 'backfill';
  /** First and one past the last instant of the range. */
  from: EpochMs;
  to: EpochMs;
  overlap: 'allow' | 'skip' | 'buffer-all';
  /** Released at most so many in so many ms. */
  rate: [number, DurationMs];
  /** The rule that names the fire times, as it was when the backfill began. */
  ruleJson: string;
  payload?: Json;
  /** Of `payload`, where somebody signs. */
  signature?: string | undefined;
  by?: string;
  note?: string;
  at: EpochMs;
  /** Somebody has cancelled it, then: nothing is released any more, and the leader drops it a little later. */
  cancelled?: EpochMs;
};

/**
 * A backfill as Redis keeps it: `<cursor> <released> <JSON of the spec>`; `cursor` is the next fire time to release. It is
 * due (zset `backfill_due`) when it may release again. A finished one is forgotten.
 */
export type Backfill = { id: string; cursor: EpochMs; released: number; spec: BackfillSpec };

export function packBackfill({ cursor, released, spec }: Omit<Backfill, 'id'>): string {
  const { schedule, ...rest } = spec;
  return `${cursor} ${released} ${JSON.stringify({ schedule, ...rest })}`; // scripts look for the schedule at the front
}

export function unpackBackfill(id: string, value: string): Backfill {
  const afterCursor = value.indexOf(' ');
  const afterReleased = value.indexOf(' ', afterCursor + 1);
  return {
    id,
    cursor: Number(value.slice(0, afterCursor)),
    released: Number(value.slice(afterCursor + 1, afterReleased)),
    spec: JSON.parse(value.slice(afterReleased + 1)) as BackfillSpec,
  };
}

/** Catch-ups are told by their first fire time, so that a second commit of the same plan makes no second one. */
export function catchUpId(schedule: string, from: EpochMs): string {
  return `${schedule}!${from}`;
}
