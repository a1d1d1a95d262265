import { BelfryError } from '../core/errors.ts';
import { quote } from '../core/quote.ts';
import { parseDuration } from '../core/time/duration.ts';
import type { DurationMs, EpochMs } from '../core/time/units.ts';
import type { SimulationRequest } from '../simulation/request.ts';
import { wholeNumber } from './options.ts';
import { readDeadline, readInstant } from './read_instant.ts';

export type SimulationWords = {
  from?: string;
  to?: string;
  replicas: string;
  killLeader: string[];
  pauseRedis: string[];
  skew: string;
  ttl: string;
  duration: string;
  workers: string;
  seed: string;
};

const MINUTE_MS = 60_000;
const LONGEST_RUN_MS = 86_400_000;
const SHORTEST_TTL_MS = 1_000;

/** Reads the flags of `belfry simulate`; `now` is where it begins unless they say so. Throws BAD_USAGE and BAD_DURATION naming the flag. */
export function readSimulation(words: SimulationWords, now: EpochMs): Omit<SimulationRequest, 'jobs' | 'calendars'> {
  const from = words.from === undefined ? Math.ceil(now / MINUTE_MS) * MINUTE_MS : readInstant(words.from, '--from');
  const to = readDeadline(words.to ?? '1d', '--to', from);
  if (to <= from) {
    throw new BelfryError('BAD_USAGE', `--to is ${quote(words.to)}, which is not after --from`, {
      field: '--to',
      hint: 'a later instant, or how long from --from on: 7d',
    });
  }
  const span = { from, to };
  return {
    ...span,
    replicas: wholeNumber(words.replicas, '--replicas', { from: 1, to: 100 }),
    kills: words.killLeader.map((text) => readWithin(text, '--kill-leader', span)),
    pauses: words.pauseRedis.map((text) => readPause(text, span)),
    skewMs: parseDuration(words.skew, '--skew'),
    leaderTtlMs: readTtl(words.ttl),
    duration: readRunTime(words.duration),
    slots: wholeNumber(words.workers, '--workers', { from: 1, to: 100_000 }),
    seed: wholeNumber(words.seed, '--seed', { from: 0, to: 2 ** 32 - 1 }),
  };
}

type Span = { from: EpochMs; to: EpochMs };

function readWithin(text: string, flag: string, { from, to }: Span): EpochMs {
  const at = readInstant(text, flag);
  if (at >= from && at < to) return at;
  throw new BelfryError('BAD_USAGE', `${flag} is ${quote(text)}, which is outside of the simulation`, {
    field: flag,
    hint: `between ${new Date(from).toISOString()} and ${new Date(to).toISOString()}: see --from and --to`,
  });
}

/** `2026-03-29T01:00:00Z+30s`: the last plus sign comes before the length, since an offset may have one too. */
function readPause(text: string, span: Span): { from: EpochMs; until: EpochMs } {
  const flag = '--pause-redis';
  const plus = text.lastIndexOf('+');
  const length = plus > 0 ? readLength(text.slice(plus + 1)) : undefined;
  if (length === undefined) {
    throw new BelfryError('BAD_USAGE', `${flag} is ${quote(text)}`, {
      field: flag,
      hint: 'when and for how long, such as 2026-03-29T01:00:00Z+30s',
    });
  }
  const from = readWithin(text.slice(0, plus), flag, span);
  return { from, until: from + length };
}

function readLength(text: string): DurationMs | undefined {
  try {
    const length = parseDuration(text);
    return length > 0 ? length : undefined;
  } catch {
    return undefined;
  }
}

function readTtl(text: string): DurationMs {
  const ttlMs = parseDuration(text, '--ttl');
  if (ttlMs >= SHORTEST_TTL_MS) return ttlMs;
  throw new BelfryError('BAD_USAGE', `--ttl is ${quote(text)}`, { field: '--ttl', hint: 'at least 1s' });
}

/** `2s`, or `1s..10s` for something in between. */
function readRunTime(text: string): SimulationRequest['duration'] {
  const flag = '--duration';
  const [first = '', last = first, ...rest] = text.split('..');
  const [fromMs, toMs] = [parseDuration(first, flag), parseDuration(last, flag)];
  if (rest.length === 0 && fromMs <= toMs && toMs <= LONGEST_RUN_MS) return { fromMs, toMs };
  throw new BelfryError('BAD_USAGE', `${flag} is ${quote(text)}`, {
    field: flag,
    hint: 'how long a run takes, such as 2s, or between which two lengths: 1s..10s; at most a day',
  });
}
