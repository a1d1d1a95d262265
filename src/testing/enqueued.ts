import { AssertionError } from 'node:assert';
import { inspect } from 'node:util';
import type { RunsClient } from '../client/runs.ts';
import type { Json } from '../core/job.ts';
import { scheduleOf, type RunState } from '../core/run.ts';
import type { EpochMs } from '../core/time/units.ts';
import { findDifference, type Difference, type PayloadMatcher } from './match.ts';

/** A run that code has asked for, by whatever way, over or not. */
export type EnqueuedRun = {
  id: string;
  job: string;
  queue: string;
  priority: number;
  payload: Json;
  state: RunState;
  enqueuedAt: EpochMs;
  /** When it becomes ready, while it waits for that. */
  readyAt: EpochMs | undefined;
};

const MOST_LISTED = 100_000;
const MOST_SHOWN = 10;

/** Oldest first; runs that a schedule has fired are not among them. */
export async function listEnqueued(runs: Pick<RunsClient, 'list'>, job?: string): Promise<EnqueuedRun[]> {
  const views = await runs.list({ ...(job === undefined ? {} : { job }), limit: MOST_LISTED });
  return views
    .filter(({ run }) => scheduleOf(run.id) === undefined)
    .map((view) => ({
      id: view.run.id,
      job: view.run.job,
      queue: view.run.queue,
      priority: view.run.priority,
      payload: JSON.parse(view.run.payloadJson) as Json,
      state: view.state,
      enqueuedAt: view.run.fireTime,
      readyAt: view.kind === 'live' ? view.readyAt : undefined,
    }))
    .sort((a, b) => a.enqueuedAt - b.enqueuedAt || (a.id < b.id ? -1 : 1));
}

/** The first run of the job whose payload is as expected. Throws AssertionError that says what there is instead. */
export function findEnqueued(
  all: readonly EnqueuedRun[],
  job: string,
  matchers: readonly [] | readonly [PayloadMatcher],
): EnqueuedRun {
  const candidates = all.filter((run) => run.job === job);
  const compared = candidates.map((run) => ({
    run,
    difference: matchers.length === 0 ? undefined : findDifference(run.payload, matchers[0]),
  }));
  const found = compared.find(({ difference }) => difference === undefined);
  if (found !== undefined) return found.run;
  const wish = matchers.length === 0 ? '' : ` with a payload like ${show(matchers[0])}`;
  throw new AssertionError({
    message: [
      `no run of ${job}${wish} was enqueued`,
      ...(candidates.length === 0 ? sayOthers(all) : sayCandidates(job, compared)),
    ].join('\n'),
    operator: 'expectEnqueued',
    actual: candidates.map(({ payload }) => payload),
    expected: [...matchers],
  });
}

function sayCandidates(
  job: string,
  compared: readonly { run: EnqueuedRun; difference: Difference | undefined }[],
): string[] {
  const lines = compared.slice(0, MOST_SHOWN).map(({ run, difference }) => {
    const { path = '', actual, expected } = difference ?? {};
    return `  ${show(run.payload)} (${run.state}): ${path} is ${show(actual)}, not ${show(expected)}`;
  });
  const more = compared.length - lines.length;
  return [`runs of ${job}:`, ...lines, ...(more > 0 ? [`  and ${more} more`] : [])];
}

function sayOthers(all: readonly EnqueuedRun[]): string[] {
  if (all.length === 0) return ['nothing was enqueued at all'];
  const counts = new Map<string, number>();
  for (const { job } of all) counts.set(job, (counts.get(job) ?? 0) + 1);
  return [`runs of other jobs: ${[...counts].map(([job, count]) => `${job} (${count})`).join(', ')}`];
}

function show(value: unknown): string {
  return inspect(value, { depth: 6, breakLength: Infinity, maxStringLength: 200, maxArrayLength: 20 });
}
