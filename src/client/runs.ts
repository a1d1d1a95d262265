import { uuidv7 } from 'uuidv7';
import { BelfryError } from '../core/errors.ts';
import { assertKnownKeys, readWord } from '../core/known_keys.ts';
import { RUN_STATES, type FinishedRun, type Run, type RunState } from '../core/run.ts';
import { firstIdOf } from '../core/run_ids.ts';
import type { Seal } from '../core/seal.ts';
import type { EpochMs } from '../core/time/units.ts';
import type { LetterPlace } from '../store/letters.ts';
import { readStates } from '../store/run_states.ts';
import type { Retention } from '../store/runs.ts';
import type { ShardStore, Store } from '../store/store.ts';
import { revealed } from './reveal.ts';
import { findRun, type RunView } from './find_run.ts';
import { readLimit } from './page_size.ts';

export type { RunView } from './find_run.ts';

export type RunFilter = {
  job?: string;
  state?: RunState;
  /** Finished at or after this; unfinished runs always pass. */
  since?: EpochMs;
  /** Default 50, newest first. */
  limit?: number;
};

export type CancelResult = 'cancelled' | 'stopping';

export type RunsClient = {
  list(filter?: RunFilter): Promise<RunView[]>;
  /** Throws NOT_FOUND. */
  get(id: string): Promise<RunView>;
  /** Log lines from a byte offset on, as JSON lines; `done` when no more will come. */
  log(id: string, fromByte: number): Promise<{ text: string; nextByte: number; done: boolean }>;
  /** `stopping`: it runs, and its worker was told. Throws NOT_FOUND, or BAD_USAGE for a finished run. */
  cancel(id: string): Promise<CancelResult>;
  /**
   * Ends a run that waits, is ready or is a dead letter as succeeded, without running it; what waits for it goes on. Throws
   * NOT_FOUND, or BAD_USAGE for one that runs or has ended.
   */
  markSucceeded(id: string): Promise<void>;
  /** A new run with the same job and payload; resolves with its id. Throws NOT_FOUND, or BAD_USAGE for a live run. */
  retry(id: string): Promise<string>;
};

const FILTER = ['job', 'state', 'since', 'limit'] as const satisfies readonly (keyof RunFilter)[];
const FINISHED: RunState[] = ['succeeded', 'dead', 'cancelled'];
const DEFAULT_LIMIT = 50;
const MOST_LISTED = 100_000;
/** Unfinished runs that a listing looks at on each shard, at most, once it has found enough; of these it tells the newest. */
const LOOKED_AT = 20_000;
const SLICE = 1_000;

export function createRunsClient(store: Store, retention: Retention, seal: Seal): RunsClient {
  const find = async (id: string): Promise<{ shard: ShardStore; view: RunView }> => {
    for (const shard of store.shards) {
      const view = await findRun(shard, id);
      if (view !== undefined) return { shard, view };
    }
    throw new BelfryError('NOT_FOUND', `no run ${id}`, {
      field: 'run',
      hint: 'see `belfry runs list`; old runs are forgotten',
    });
  };
  return {
    async list(filter = {}) {
      assertKnownKeys(filter, FILTER, { code: 'BAD_USAGE', field: 'filter' });
      readWord(filter.state, RUN_STATES, { code: 'BAD_USAGE', field: 'state' });
      const limit = readLimit(filter.limit ?? DEFAULT_LIMIT, MOST_LISTED);
      const shards = filter.job === undefined ? store.shards : [store.of(filter.job)];
      const found = (await Promise.all(shards.map((shard) => listShard(shard, filter, limit)))).flat();
      const shown = found.sort((a, b) => timeOf(b) - timeOf(a)).slice(0, limit);
      return shown.map((view) => ({ ...view, run: revealed(seal, view.run) }));
    },
    async get(id) {
      const { view } = await find(id);
      return { ...view, run: revealed(seal, view.run) };
    },
    async log(id, fromByte) {
      const { shard, view } = await find(id);
      const bytes = await shard.history.log(id, fromByte);
      return { text: bytes.toString('utf8'), nextByte: fromByte + bytes.length, done: view.kind === 'finished' };
    },
    async cancel(id) {
      const { shard, view } = await find(id);
      if (view.kind === 'finished') throw new BelfryError('BAD_USAGE', `run ${id} has ${view.state} already`);
      const answer = await shard.runs.cancel(id, '', retention);
      if (answer.answer === 'running') {
        // The mark is set, and the next renewal finds it; the word only makes that sooner, and a full Redis refuses it.
        await store.workers.tell(answer.worker, `cancel ${id} ${answer.token}`).catch(() => undefined);
      }
      return answer.answer === 'running' ? 'stopping' : 'cancelled';
    },
    async markSucceeded(id) {
      const { shard, view } = await find(id);
      const answer = view.state === 'running' ? 'running' : await shard.marks.run(id, retention);
      if (answer === 'marked') return;
      const state = answer === 'running' ? 'is running' : `has ${view.state} already`;
      throw new BelfryError('BAD_USAGE', `run ${id} ${state}`, {
        field: 'run',
        ...(answer === 'running' ? { hint: `let it end, or cancel it: belfry runs cancel ${id}` } : {}),
      });
    },
    async retry(id) {
      const { shard, view } = await find(id);
      if (view.kind === 'live') {
        throw new BelfryError('BAD_USAGE', `run ${id} is ${view.state}; only a finished run can be retried`, {
          hint: `cancel it first: belfry runs cancel ${id}`,
        });
      }
      const newId = firstIdOf(uuidv7(), view.run.job);
      // A dead letter goes on as what it was; any other is a new run, whose seal is its own.
      const again = view.state === 'dead' ? view.run : { ...view.run, ...seal.reseal(view.run, newId) };
      const { heldBy } = await shard.runs.redrive({ ...view, run: again }, newId, retention);
      if (heldBy !== undefined) throw keyTaken(id, heldBy);
      return newId;
    },
  };
}

function keyTaken(id: string, holder: string): BelfryError {
  return new BelfryError('ALREADY_RUNNING', `run ${id} was not made again: run ${holder} has its unique key`, {
    field: 'run',
    hint: `see \`belfry runs show ${holder}\``,
  });
}

/** The instant a listing sorts by: the end of a finished run, the fire time of another. */
function timeOf(view: RunView): EpochMs {
  return view.kind === 'finished' ? view.finishedAt : view.run.fireTime;
}

async function listShard(shard: ShardStore, filter: RunFilter, limit: number): Promise<RunView[]> {
  const { state } = filter;
  const views: RunView[] = [];
  if (state === undefined || FINISHED.includes(state)) views.push(...(await listFinished(shard, filter, limit)));
  if (state === undefined || !FINISHED.includes(state)) views.push(...(await listLive(shard, filter, limit)));
  return views;
}

async function listFinished(shard: ShardStore, filter: RunFilter, limit: number): Promise<RunView[]> {
  const { job, state } = filter;
  let newest: FinishedRun[] = [];
  if (state === undefined || state === 'dead') newest = await listDead(shard, filter, limit);
  if (state !== 'dead') {
    const jobs = job === undefined ? [...(await shard.jobs.all()).keys()] : [job];
    for (const name of jobs) {
      newest.push(...(await listEnded(shard, { ...filter, job: name }, limit)));
      newest = newest.sort((a, b) => b.finishedAt - a.finishedAt).slice(0, limit);
    }
  }
  return newest.map((run) => ({ kind: 'finished', ...run }));
}

async function listDead({ letters }: ShardStore, { job, since }: RunFilter, limit: number): Promise<FinishedRun[]> {
  const found: FinishedRun[] = [];
  let count = Math.min(limit, SLICE);
  let after: LetterPlace | undefined;
  do {
    const slice = await letters.slice({ after, since, count });
    found.push(...slice.letters.filter(({ run }) => job === undefined || run.job === job));
    after = slice.last;
    count = SLICE;
  } while (after !== undefined && found.length < limit);
  return found.slice(0, limit);
}

async function listEnded(
  { history }: ShardStore,
  { job = '', state, since = 0 }: RunFilter,
  limit: number,
): Promise<FinishedRun[]> {
  const found = new Map<string, FinishedRun>(); // by id: what ends meanwhile moves the others back, and some come twice
  let count = Math.min(limit, SLICE);
  for (let from = 0; found.size < limit; from += count, count = SLICE) {
    const slice = await history.ofJob(job, from, count);
    for (const one of slice) {
      if (one.finishedAt >= since && (state === undefined || one.state === state)) found.set(one.run.id, one);
    }
    if (slice.length < count || (slice.at(-1)?.finishedAt ?? 0) < since) break;
  }
  return [...found.values()].slice(0, limit);
}

async function listLive(shard: ShardStore, { job, state }: RunFilter, limit: number): Promise<RunView[]> {
  const slices = state === 'running' ? runningSlices(shard) : liveSlices(shard);
  let newest: Run[] = [];
  let looked = 0;
  for await (const runs of slices) {
    looked += runs.length;
    const ofJob = runs.filter((run) => job === undefined || run.job === job);
    const states = state === undefined ? [] : await readStates(shard.shard, ofJob);
    newest.push(...ofJob.filter((_, i) => states[i] === state));
    newest = newest.sort((a, b) => b.fireTime - a.fireTime).slice(0, limit);
    if (looked >= LOOKED_AT && newest.length === limit) break;
  }
  const described = await Promise.all(newest.map(shard.history.describe));
  return described
    .filter((live) => state === undefined || live.state === state) // as it is now
    .map((live) => ({ kind: 'live', ...live }));
}

async function* liveSlices({ history }: ShardStore): AsyncGenerator<Run[], void, void> {
  let cursor = '0';
  do {
    const slice = await history.scanLive(cursor, SLICE);
    yield slice.runs;
    cursor = slice.cursor;
  } while (cursor !== '0');
}

async function* runningSlices({ history }: ShardStore): AsyncGenerator<Run[], void, void> {
  const ids = await history.runningIds();
  for (let from = 0; from < ids.length; from += SLICE) {
    const found = await Promise.all(ids.slice(from, from + SLICE).map((id) => history.live(id)));
    yield found.flatMap((live) => live?.run ?? []);
  }
}
