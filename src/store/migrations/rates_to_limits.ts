import type { JobRecord } from '../../core/job_record.ts';
import { packLimit, type JobLimit } from '../../core/limit.ts';
import type { RateLimit } from '../../core/policy.ts';
import type { Shard } from '../shard.ts';
import type { FieldChange, Migration, MigrationSlice } from './migration.ts';

const SLICE = 1_000;
const STEPS = ['jobs', 'rates', 'tats'] as const;
type Step = (typeof STEPS)[number];

/**
 * Format 0 kept one rate for a job, in its record and in the hash `rates`, and its state under the job's name in `tats`; since
 * limits have keys of their own both stand under `job:NAME`. Calendars that a file had put in had no mark then, and get none
 * here: nothing tells them from those of people, which must not be removed. The next registration marks those whose file is
 * there.
 */
export const RATES_TO_LIMITS: Migration = {
  to: 1,
  says: 'rates of jobs become limits of the key job:NAME, with what they have let through',
  oldest: 1,
  async plan(shard, cursor) {
    const [step, at] = (cursor === '' ? 'jobs 0' : cursor).split(' ') as [Step, string];
    const { following, entries } = await scan(shard, step, at);
    const changes = await PLANS[step](shard, entries);
    return { changes, next: nextOf(step, following) };
  },
};

type Entries = readonly (readonly [string, string])[];

const PLANS: Readonly<Record<Step, (shard: Shard, entries: Entries) => Promise<FieldChange[]>>> = {
  jobs: planRecords,
  rates: planRates,
  tats: planStates,
};

function nextOf(step: Step, following: string): MigrationSlice['next'] {
  if (following !== '0') return `${step} ${following}`;
  const then = STEPS[STEPS.indexOf(step) + 1];
  return then === undefined ? undefined : `${then} 0`;
}

/** A record that has limits was registered by a newer process. */
async function planRecords(shard: Shard, entries: Entries): Promise<FieldChange[]> {
  const old = entries.flatMap(([name, json]) => {
    const { rate, ...record } = JSON.parse(json) as Omit<JobRecord, 'limits'> & {
      rate?: RateLimit;
      limits?: JobLimit[];
    };
    return record.limits === undefined ? [{ name, json, rate, record }] : [];
  });
  const stored = await valuesOf(
    shard,
    'limits',
    old.map(({ name }) => `job:${name}`),
  );
  return old.flatMap(({ name, json, rate, record }, i): FieldChange[] => {
    const limits: JobLimit[] = rate === undefined ? [] : [{ key: `job:${name}`, rate }];
    const change = { key: 'jobs', field: name, before: json, after: JSON.stringify({ ...record, limits }) };
    if (rate === undefined || stored[i] !== null) return [change];
    return [change, { key: 'limits', field: `job:${name}`, before: undefined, after: packLimit({ rate }) }];
  });
}

function planRates(_shard: Shard, entries: Entries): Promise<FieldChange[]> {
  return Promise.resolve(entries.map(([job, rate]) => ({ key: 'rates', field: job, before: rate, after: undefined })));
}

async function planStates(shard: Shard, entries: Entries): Promise<FieldChange[]> {
  // A name of a job holds no colon, a key always does.
  const old = entries.filter(([name]) => !name.includes(':'));
  const states = await valuesOf(
    shard,
    'tats',
    old.map(([job]) => `job:${job}`),
  );
  return old.flatMap(([job, state], i): FieldChange[] => [
    ...(states[i] === null ? [{ key: 'tats', field: `job:${job}`, before: undefined, after: state }] : []),
    { key: 'tats', field: job, before: state, after: undefined },
  ]);
}

async function scan(shard: Shard, name: string, cursor: string): Promise<{ following: string; entries: Entries }> {
  const [following, flat] = await shard.connection.hscan(shard.key(name), cursor, 'COUNT', SLICE);
  const entries: [string, string][] = [];
  for (let i = 0; i < flat.length; i += 2) entries.push([flat[i] as string, flat[i + 1] as string]);
  return { following, entries };
}

async function valuesOf(shard: Shard, name: string, fields: readonly string[]): Promise<(string | null)[]> {
  return fields.length === 0 ? [] : shard.connection.hmget(shard.key(name), ...fields);
}
