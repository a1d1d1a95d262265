import type { RunAnswer } from '../core/explain/answers.ts';
import type { RunNote } from '../core/explain/run_note.ts';
import { reasonsOfReady, type ListeningWorker, type RunReason } from '../core/explain/run_reasons.ts';
import { BelfryError } from '../core/errors.ts';
import { instantsOf } from '../core/start_bounds.ts';
import type { EpochMs } from '../core/time/units.ts';
import type { ShardStore, Store } from '../store/store.ts';
import { explainLimits } from './explain_limits.ts';
import { redisTime } from './redis_time.ts';
import { noteOf } from './run_note.ts';
import type { RunView } from './find_run.ts';

type LiveView = Extract<RunView, { kind: 'live' }>;
type FindRun = (id: string) => Promise<RunView>;

/** What holds a run in its state. */
export async function explainRun(store: Store, view: RunView, find: FindRun): Promise<RunAnswer> {
  const { job, queue } = view.run;
  const shard = store.of(job);
  const now = await redisTime(shard);
  const reasons =
    view.kind === 'live'
      ? [...(await reasonsOfLive({ store, shard, now, find }, view)), ...boundsOf(view)]
      : [finished(view)];
  return { run: noteOf(view), job, queue, now, reasons };
}

function finished({ state, startedAt, finishedAt, error }: Extract<RunView, { kind: 'finished' }>): RunReason {
  const tookMs = startedAt === 0 ? undefined : finishedAt - startedAt;
  return { kind: 'finished', outcome: state, at: finishedAt, tookMs, error };
}

/** What ends it if nothing else does before. */
function boundsOf({ run }: LiveView): RunReason[] {
  const { startBy, endBy } = instantsOf(run);
  return [
    ...(startBy === undefined ? [] : [{ kind: 'deadline' as const, of: 'start' as const, before: startBy }]),
    ...(endBy === undefined ? [] : [{ kind: 'deadline' as const, of: 'end' as const, before: endBy }]),
  ];
}

type Place = { store: Store; shard: ShardStore; now: EpochMs; find: FindRun };

async function reasonsOfLive(place: Place, view: LiveView): Promise<RunReason[]> {
  const { run, state, holder, readyAt, heldBy, awaiting, error } = view;
  if (holder !== undefined) {
    const { until, stop } = await place.shard.whereabouts.lease(run.id);
    return [{ kind: 'running', worker: holder.worker, since: holder.startedAt, leaseUntil: until, stop }];
  }
  if (awaiting !== undefined) return [{ kind: 'children', ...awaiting }];
  if (heldBy !== undefined) return [{ kind: 'held', since: heldBy.since, ...(await blockersOf(heldBy.runs, place)) }];
  if (view.snoozed !== undefined) return [{ kind: 'snoozed', ...view.snoozed }];
  if (state === 'retrying' && readyAt !== undefined) {
    return [{ kind: 'retry', at: readyAt, failures: run.failures, error }];
  }
  if (readyAt !== undefined) return [{ kind: 'delayed', until: readyAt }];
  return explainReady(place, view);
}

async function blockersOf(ids: readonly string[], { find }: Place): Promise<{ behind: RunNote[]; gone: string[] }> {
  const behind: RunNote[] = [];
  const gone: string[] = [];
  for (const id of ids) {
    try {
      behind.push(noteOf(await find(id)));
    } catch (error) {
      if (!(error instanceof BelfryError && error.code === 'NOT_FOUND')) throw error;
      gone.push(id);
    }
  }
  return { behind, gone };
}

async function explainReady({ store, shard, now }: Place, { run }: LiveView): Promise<RunReason[]> {
  const [place, limits, workers, pauses] = await Promise.all([
    shard.whereabouts.readyPlace(run),
    explainLimits(shard, run),
    store.workers.all(now),
    shard.pauses.all(),
  ]);
  const codes = [...new Set(workers.map(({ code }) => code))];
  const able = await shard.whereabouts.codeWith(run.job, codes);
  const listening = workers.map((worker): ListeningWorker => ({
    ...worker,
    code: able.has(worker.code) ? 'has-job' : 'lacks-job',
  }));
  const { queue } = run;
  const pause = pauses.has(queue) ? (pauses.get(queue) ?? 'unknown') : undefined;
  return reasonsOfReady({ queue, pause, place, limits, workers: listening });
}
