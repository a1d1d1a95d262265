import { unpackSchedule, type StoredSchedule } from '../core/stored_schedule.ts';
import type { EpochMs } from '../core/time/units.ts';
import type { JobStats } from './jobs.ts';
import type { Shard } from './shard.ts';

/** How a job and its own schedule stand, as they are stored. */
export type JobReading = {
  stats: JobStats;
  /** Without its rule and the runs that may live; undefined for a job without a schedule of its own. */
  schedule: Pick<StoredSchedule, 'next' | 'last' | 'made'> | undefined;
  /** At least where it is past, by the clock of Redis. */
  due: EpochMs | undefined;
  isPaused: boolean;
  isQuarantined: boolean;
};

/** Jobs, and runs, per call, so that none holds Redis up. */
const SLICE = 500;

/**
 * Reads many jobs of one shard again and again, with a few calls whose cost grows with the jobs and not with their schedules.
 * How a job stands is the same object as before while nothing of it changed.
 */
export type JobReader = (names: readonly string[]) => Promise<JobReading[]>;

export function createJobReader(shard: Shard): JobReader {
  let before: { texts: string[]; readings: JobReading[] } = { texts: [], readings: [] };
  return async (names) => {
    const replies = await Promise.all(
      slicesOf(names).map(async (slice) => (await shard.run('read_jobs', slice)) as string),
    );
    const texts = replies.flatMap((reply) => reply.split(' \n '));
    const { texts: known, readings: made } = before;
    const readings = texts.map((text, i) => (text === known[i] ? (made[i] as JobReading) : readText(text)));
    before = { texts, readings };
    return readings;
  };
}

/** Those of some runs that wait for their first attempt. */
export async function readWaiting(shard: Shard, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const replies = await Promise.all(slicesOf(ids).map((slice) => shard.run('waiting_runs', slice)));
  const flags = replies.join('');
  return new Set(ids.filter((_, i) => flags[i] === '1'));
}

function slicesOf(values: readonly string[]): string[][] {
  const slices: string[][] = [];
  for (let i = 0; i < values.length; i += SLICE) slices.push(values.slice(i, i + SLICE));
  return slices;
}

const FIELDS = 7;

/** See read_jobs. */
function readText(text: string): JobReading {
  const words = text.split(' ', FIELDS);
  const at = (i: number): number | undefined => (words[i] === '-' ? undefined : Number(words[i]));
  const flags = words[6] as string;
  const head = text.slice(words.reduce((length, word) => length + word.length + 1, 0));
  return {
    stats: {
      registeredAt: at(0),
      lastStart: at(1),
      lastSuccess: at(2),
      lastFailure: at(3),
      consecutiveFailures: at(4) ?? 0,
    },
    schedule: head === '' ? undefined : unpackSchedule('', head),
    due: at(5),
    isPaused: flags.includes('p'),
    isQuarantined: flags.includes('q'),
  };
}
