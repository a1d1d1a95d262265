import { BelfryError } from '../core/errors.ts';
import { quote } from '../core/quote.ts';
import type { Restart } from '../core/restart/restart.ts';
import { suggest } from '../core/suggest.ts';
import type { ShardStore, Store } from '../store/store.ts';
import type { WorkerInfo, WorkerOrder } from '../store/workers.ts';
import { readBacklog, type Backlog, type BacklogQuestion } from './backlog.ts';
import { assertBy, assertText } from './notes.ts';
import { redisTime } from './redis_time.ts';
import { previewRestart, type RestartPreview, type RestartRequest } from './begin_restart.ts';
import { runRestart, type RestartWatch, type ResumeRequest } from './run_restart.ts';
import { processOf } from './seen_workers.ts';

export type WorkerView = WorkerInfo & {
  /** Other workers of its process, which go when it goes. */
  beside: string[];
  /** What it was told and has not done yet. */
  told: WorkerOrder | undefined;
};

export type DrainWords = {
  by: string;
  note?: string;
  /** `all`: also a process that schedules or serves the API beside its work. Default `worker`. */
  roles?: 'worker' | 'all';
};

export type WorkersClient = {
  /** Live ones; one that died is listed until its word is too old. */
  list(): Promise<WorkerInfo[]>;
  /** Throws NOT_FOUND. */
  get(id: string): Promise<WorkerView>;
  /**
   * Tells a worker to let its runs end, hand back what does not end in its drain time, and exit with its process; resolves with
   * the workers that go: those of its process. Throws NOT_FOUND, BAD_USAGE where it takes no orders or has other roles.
   */
  drain(id: string, words: DrainWords): Promise<string[]>;
  /** What waits for the slots of a pool. Throws NOT_FOUND, BAD_USAGE. */
  backlog(question: BacklogQuestion): Promise<Backlog>;
  /** Whom a restart would tell, and how many at a time. Throws BAD_USAGE, NOT_FOUND. */
  previewRestart(request: RestartRequest): Promise<RestartPreview>;
  /**
   * Restarts workers in waves: tells some to drain and exit, waits until as many new ones are there, tells the next. Needs a
   * supervisor that starts a worker again. Resolves when it is over, stopped on failures or interrupted by the signal. Throws
   * ALREADY_RUNNING while another one is under way or an unfinished one is left, BAD_USAGE, NOT_FOUND.
   */
  restart(request: RestartRequest, watch?: RestartWatch): Promise<Restart>;
  /** Goes on with the last one. Throws NOT_FOUND where there is nothing to go on with, ALREADY_RUNNING. */
  resumeRestart(request: ResumeRequest, watch?: RestartWatch): Promise<Restart>;
  /** The last restart, under way or over, for a month. */
  lastRestart(): Promise<Restart | undefined>;
};

export function createWorkersClient(store: Store): WorkersClient {
  const first = store.shards[0] as ShardStore;
  const list = async (): Promise<WorkerInfo[]> => store.workers.all(await redisTime(first));
  const find = async (id: string): Promise<{ worker: WorkerInfo; beside: string[] }> => {
    const all = await list();
    const worker = all.find((one) => one.id === id);
    if (worker === undefined) throw unknownWorker(id, all);
    const isBeside = (one: WorkerInfo): boolean => one.id !== id && processOf(one) === processOf(worker);
    return { worker, beside: all.filter(isBeside).map((one) => one.id) };
  };
  return {
    list,
    async get(id) {
      const { worker, beside } = await find(id);
      return { ...worker, beside, told: await store.workers.orderOf(id) };
    },
    async drain(id, { by, note, roles = 'worker' }) {
      const order = { by: assertBy(by), ...(note === undefined ? {} : { note: assertText(note, 'note') }) };
      const { worker, beside } = await find(id);
      assertObeys(worker, roles);
      const [answer] = await store.workers.order([id], order);
      if (answer !== 'told') throw unknownWorker(id, []);
      return [id, ...beside];
    },
    backlog: (question) => readBacklog(store, question),
    previewRestart: (request) => previewRestart(store, request),
    restart: (request, watch) => runRestart(store, { kind: 'begin', ...request }, watch),
    resumeRestart: (request, watch) => runRestart(store, { kind: 'resume', ...request }, watch),
    lastRestart: async () => (await store.restarts.read())?.restart,
  };
}

function assertObeys({ id, roles }: WorkerInfo, wanted: 'worker' | 'all'): void {
  if (roles === undefined) {
    throw new BelfryError('BAD_USAGE', `worker ${id} takes no orders`, {
      field: 'id',
      hint: 'it is of an older version, lives in an application, or brings its own Redis along: end its process by SIGTERM',
    });
  }
  if (wanted === 'all' || roles.every((role) => role === 'worker')) return;
  throw new BelfryError('BAD_USAGE', `the process of worker ${id} is also ${otherRoles(roles)}, and would end whole`, {
    field: 'id',
    hint: 'say --force (roles: all) where that is meant',
  });
}

function otherRoles(roles: readonly string[]): string {
  return roles.filter((role) => role !== 'worker').join(' and ');
}

function unknownWorker(id: string, known: readonly WorkerInfo[]): BelfryError {
  const near = suggest(
    id,
    known.map((worker) => worker.id),
  );
  return new BelfryError('NOT_FOUND', `no worker ${quote(id)} lives`, {
    field: 'id',
    hint: near === undefined ? 'see `belfry workers`' : `did you mean ${near}?`,
  });
}
