import { uuidv7 } from 'uuidv7';
import { afterPhase, type BulkPhase, type BulkSpec } from '../../core/bulk.ts';
import { fitsFinished } from '../../core/bulk_filter.ts';
import type { FinishedRun, Run } from '../../core/run.ts';
import { firstIdOf } from '../../core/run_ids.ts';
import type { BulkTerms } from '../../store/bulks.ts';
import type { LetterPlace } from '../../store/letters.ts';
import type { ShardStore } from '../../store/store.ts';
import { fittingLive, withTag } from './fitting.ts';
import type { LaneWalk } from './lane_walk.ts';

export type SliceStore = Pick<ShardStore, 'shard' | 'schedules' | 'bulks' | 'letters' | 'history'>;

/** One slice: read from the place, act on what fits, commit. */
export type SliceRequest = { store: SliceStore; terms: BulkTerms; place: string; limit: number };
type Committed = Awaited<ReturnType<SliceStore['bulks']['actOnLive']>>;

const beyond = (spec: BulkSpec, phase: BulkPhase) => afterPhase(spec, phase);

export async function sliceLane({ store, terms, limit }: SliceRequest, walk: LaneWalk): Promise<Committed> {
  const { spec } = terms.stored.bulk;
  const window = await walk.next(limit);
  if (window === undefined) {
    const end = { cursor: beyond(spec, 'lanes'), seen: 0 };
    return store.bulks.actOnLive(terms, { ...end, ...liveOf(spec), ids: [], lane: undefined });
  }
  const { ids, ...lane } = window;
  const answer = await store.bulks.actOnLive(terms, { cursor: 'lanes', seen: ids.length, ...liveOf(spec), ids, lane });
  if (typeof answer !== 'string') walk.took(answer.bulk.done - terms.stored.bulk.done);
  return answer;
}

export async function sliceRuns(request: SliceRequest): Promise<Committed> {
  const { store, terms, limit } = request;
  const { spec } = terms.stored.bulk;
  const { runs, here, next } = await readRuns(request);
  const fitting = await fittingLive(store, spec, runs);
  const ids = fitting.slice(0, limit).map(({ id }) => id);
  // What was acted on does not fit any more, so the same place can be read again for the rest.
  const end = fitting.length > limit ? { cursor: here, seen: 0 } : { cursor: next, seen: runs.length };
  return store.bulks.actOnLive(terms, { ...end, ...liveOf(spec), ids, lane: undefined });
}

async function readRuns({ store, terms, place, limit }: SliceRequest) {
  const { spec } = terms.stored.bulk;
  const { ids } = spec.filter;
  const after = beyond(spec, 'runs');
  if (ids === undefined) {
    const { cursor, runs } = await store.history.scanLive(place === '' ? '0' : place, limit);
    return { runs, here: place === '' ? 'runs' : `runs:${place}`, next: cursor === '0' ? after : `runs:${cursor}` };
  }
  const { part, next } = partOf(ids, place, limit);
  const found = await Promise.all(part.map((id) => store.history.live(id)));
  const runs: Run[] = found.flatMap((live) => live?.run ?? []);
  return { runs, here: `runs:${place}`, next: next === undefined ? after : `runs:${next}` };
}

export async function sliceLetters(request: SliceRequest): Promise<Committed> {
  const { store, terms } = request;
  const { action } = terms.stored.bulk.spec;
  const { finished, ...end } = await readLetters(request);
  const fitting = await fittingFinished(store, terms.stored.bulk.spec, finished);
  const newIdOf = ({ run }: FinishedRun): string => (action === 'retry' ? firstIdOf(uuidv7(), run.job) : '');
  return store.bulks.actOnLetters(
    terms,
    end,
    fitting.map((letter) => ({ id: letter.run.id, newId: newIdOf(letter) })),
  );
}

type Read = { finished: FinishedRun[]; cursor: string; seen: number };

/** Letters of runs that have died since the operation began are not part of it: they may be its own. */
async function readLetters({ store, terms, place, limit }: SliceRequest): Promise<Read> {
  const { spec } = terms.stored.bulk;
  const { ids, since, until = Infinity } = spec.filter;
  const after = beyond(spec, 'letters');
  if (ids !== undefined) {
    const { part, next } = partOf(ids, place, limit);
    const found = await Promise.all(part.map((id) => store.letters.get(id)));
    const cursor = next === undefined ? after : `letters:${next}`;
    return { finished: found.flatMap((letter) => letter ?? []), cursor, seen: part.length };
  }
  const query = { after: letterPlaceOf(place), since, until: Math.min(until, spec.at + 1), count: limit };
  const { letters, last, seen } = await store.letters.slice(query);
  const cursor = last === undefined ? after : `letters:${last.at}:${encodeURIComponent(last.id)}`;
  return { finished: letters, cursor, seen };
}

function letterPlaceOf(place: string): LetterPlace | undefined {
  const colon = place.indexOf(':');
  if (colon < 0) return undefined;
  return { at: Number(place.slice(0, colon)), id: decodeURIComponent(place.slice(colon + 1)) };
}

export async function sliceHistory(request: SliceRequest): Promise<Committed> {
  const { store, terms } = request;
  const { finished, ...end } = await readHistory(request);
  const fitting = await fittingFinished(store, terms.stored.bulk.spec, finished);
  return store.bulks.runAgain(
    terms,
    end,
    fitting.map((one) => ({ finished: one, newId: firstIdOf(uuidv7(), one.run.job) })),
  );
}

/** `<job>:<offset>`; what is added meanwhile pushes the rest back, so that some are met twice and none is left out. */
async function readHistory({ store, terms, place, limit }: SliceRequest): Promise<Read> {
  const { spec } = terms.stored.bulk;
  const { ids, job } = spec.filter;
  if (ids !== undefined) {
    const { part, next } = partOf(ids, place, limit);
    const found = await Promise.all(part.map((id) => store.history.finished(id)));
    return {
      finished: found.flatMap((one) => one ?? []),
      cursor: next === undefined ? 'end' : `history:${next}`,
      seen: part.length,
    };
  }
  const jobs = job === undefined ? await store.history.jobs() : [job];
  const colon = place.lastIndexOf(':');
  const current = colon < 0 ? jobs[0] : jobs.find((name) => name >= place.slice(0, colon));
  if (current === undefined) return { finished: [], cursor: 'end', seen: 0 };
  const offset = colon >= 0 && current === place.slice(0, colon) ? Number(place.slice(colon + 1)) : 0;
  const finished = await store.history.ofJob(current, offset, limit);
  const following = jobs[jobs.indexOf(current) + 1];
  const cursor =
    finished.length === limit
      ? `history:${current}:${offset + limit}`
      : following === undefined
        ? 'end'
        : `history:${following}:0`;
  return { finished, cursor, seen: finished.length };
}

/** Finished runs that the operation is about: those that had ended when it began. */
async function fittingFinished(store: SliceStore, spec: BulkSpec, finished: FinishedRun[]): Promise<FinishedRun[]> {
  const { states, tag, ids: _ids, ...filter } = spec.filter;
  const fitting = finished.filter(
    (one) => states.includes(one.state) && one.finishedAt <= spec.at && fitsFinished(filter, one),
  );
  if (tag === undefined) return fitting;
  const tagged = new Set(
    (
      await withTag(
        store,
        tag,
        fitting.map(({ run }) => run),
      )
    ).map(({ id }) => id),
  );
  return fitting.filter(({ run }) => tagged.has(run.id));
}

function liveOf({ action, to = '', filter, by, note }: BulkSpec) {
  const message = `cancelled by ${by}${note === undefined ? '' : `: ${note}`}`;
  return {
    action: action as Exclude<BulkSpec['action'], 'retry'>,
    to,
    states: filter.states,
    bodyJson: JSON.stringify({ error: { name: 'Cancelled', message } }),
  };
}

/** The part of a list of ids that a slice reads. */
function partOf(ids: readonly string[], place: string, limit: number) {
  const from = place === '' ? 0 : Number(place);
  const to = from + limit;
  return { part: ids.slice(from, to), next: to < ids.length ? to : undefined };
}
