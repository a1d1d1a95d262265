import type { DurationMs, EpochMs } from '../../src/core/time/units.ts';
import type { AdmissionEntry } from './admission_journal.ts';

/**
 * Who may start when, in words: lanes are lists, a key's slots are its running runs, its rate is GCRA in plain numbers, a
 * strict order is the run whose turn it is. Written without a look at the scripts, which must do the same.
 */
export type ModelLimit = {
  slots?: number;
  rate?: { count: number; periodMs: DurationMs; burst: number };
  order?: 'strict';
};

export type ModelState =
  | { at: 'ready' }
  | { at: 'delayed'; readyAt: EpochMs }
  | { at: 'running'; token: string; expiry: EpochMs }
  | { at: 'finished'; outcome: string };

export type ModelRun = {
  queue: string;
  lane: string;
  keys: readonly string[];
  state: ModelState;
  crashes: number;
  cancelled: boolean;
};

export type Admission = {
  now: EpochMs;
  limits: ReadonlyMap<string, ModelLimit>;
  runs: Map<string, ModelRun>;
  lanes: Map<string, string[]>;
  /** Key → the run that has started and is not over. */
  turns: Map<string, string>;
  /** Key → theoretical arrival time of its next start. */
  arrivals: Map<string, number>;
  /** Key → until when nothing of it starts. */
  holds: Map<string, EpochMs>;
  paused: Set<string>;
  journal: AdmissionEntry[];
};

/** Why a ready run may not start. */
export type Hindrance = 'not the first of its lane' | 'pause' | 'turn' | 'slots' | 'hold' | 'rate';

/** What is this close to the edge of a rate may go either way: nobody computes without rounding. */
const EDGE_MS = 0.001;

export function newAdmission(now: EpochMs, limits: Readonly<Record<string, ModelLimit>>): Admission {
  return {
    now,
    limits: new Map(Object.entries(limits)),
    runs: new Map(),
    lanes: new Map(),
    turns: new Map(),
    arrivals: new Map(),
    holds: new Map(),
    paused: new Set(),
    journal: [],
  };
}

export function runOf(model: Admission, id: string): ModelRun {
  const run = model.runs.get(id);
  if (run === undefined) throw new Error(`the model has no run ${id}`);
  return run;
}

function laneOf({ lanes }: Admission, { lane }: ModelRun): string[] {
  const found = lanes.get(lane) ?? [];
  lanes.set(lane, found);
  return found;
}

const isStrict = ({ limits }: Admission, key: string): boolean => limits.get(key)?.order === 'strict';

/** Runs that hold a slot of the key: those whose worker has not been given up. */
export function holdersOf({ runs }: Admission, key: string): string[] {
  return [...runs].flatMap(([id, { state, keys }]) => (state.at === 'running' && keys.includes(key) ? [id] : []));
}

export function addRun(
  model: Admission,
  id: string,
  { delayMs, ...place }: Pick<ModelRun, 'queue' | 'lane' | 'keys'> & { delayMs: DurationMs },
): void {
  const state: ModelState = delayMs === 0 ? { at: 'ready' } : { at: 'delayed', readyAt: model.now + delayMs };
  const run = { ...place, state, crashes: 0, cancelled: false };
  model.runs.set(id, run);
  if (delayMs === 0) laneOf(model, run).push(id);
}

/** Delayed runs of a queue whose time has come join their lanes; one whose turn is still on comes first. */
export function promoteQueue(model: Admission, queue: string): void {
  const due = [...model.runs].flatMap(([id, run]) => {
    const { state } = run;
    return run.queue === queue && state.at === 'delayed' && state.readyAt <= model.now
      ? [{ id, run, readyAt: state.readyAt }]
      : [];
  });
  due.sort((a, b) => a.readyAt - b.readyAt || (a.id < b.id ? -1 : 1));
  for (const { id, run } of due) {
    const hasTurn = run.keys.some((key) => model.turns.get(key) === id);
    if (hasTurn) laneOf(model, run).unshift(id);
    else laneOf(model, run).push(id);
    run.state = { at: 'ready' };
  }
}

/** What keeps a ready run from starting now; undefined where nothing does. */
export function hindranceOf(model: Admission, id: string): Hindrance | undefined {
  const run = runOf(model, id);
  if (laneOf(model, run)[0] !== id) return 'not the first of its lane';
  if (model.paused.has(run.queue)) return 'pause';
  for (const key of run.keys) {
    const { slots = Infinity, rate, order } = model.limits.get(key) ?? {};
    if (order === 'strict' && (model.turns.get(key) ?? id) !== id) return 'turn';
    if (holdersOf(model, key).length >= slots) return 'slots';
    if ((model.holds.get(key) ?? 0) > model.now) return 'hold';
    if (rate === undefined) continue;
    const emissionMs = emissionOf(rate);
    const lead = Math.max(0, (model.arrivals.get(key) ?? 0) - model.now);
    if (lead + emissionMs > emissionMs * rate.burst - EDGE_MS) return 'rate';
  }
  return undefined;
}

/** Ready runs that nothing keeps from starting: a worker that asks for more than it got has left none. */
export function startable(model: Admission): string[] {
  return [...model.runs].flatMap(([id, { state }]) =>
    state.at === 'ready' && hindranceOf(model, id) === undefined ? [id] : [],
  );
}

/** Emission and burst such that no window of the period has more than `count` starts. */
function emissionOf({ count, periodMs, burst }: NonNullable<ModelLimit['rate']>): number {
  return periodMs / (count - burst + 1);
}

/** Throws where the run may by no means start. Rates are judged by the journal, which knows of windows only. */
export function startRun(model: Admission, id: string, lease: { token: string; expiry: EpochMs }): void {
  const run = runOf(model, id);
  if (run.state.at !== 'ready') throw new Error(`${id} was started while it was ${run.state.at}`);
  const hindrance = hindranceOf(model, id);
  if (hindrance !== undefined && hindrance !== 'rate') throw new Error(`${id} was started in spite of: ${hindrance}`);
  laneOf(model, run).shift();
  run.state = { at: 'running', ...lease };
  for (const key of run.keys) {
    const rate = model.limits.get(key)?.rate;
    if (isStrict(model, key)) model.turns.set(key, id);
    if (rate) model.arrivals.set(key, Math.max(model.arrivals.get(key) ?? 0, model.now) + emissionOf(rate));
  }
  model.journal.push({ at: model.now, run: id, keys: run.keys, event: 'start' });
}

/** The attempt is over and another one follows: at once in front of all others, or later. */
export function comeAgain(model: Admission, id: string, delayMs: DurationMs): void {
  const run = runOf(model, id);
  run.state = delayMs === 0 ? { at: 'ready' } : { at: 'delayed', readyAt: model.now + delayMs };
  if (delayMs === 0) laneOf(model, run).unshift(id);
  model.journal.push({ at: model.now, run: id, keys: run.keys, event: 'end' });
}

/** The run is over, from whatever state. */
export function finishRun(model: Admission, id: string, outcome: string): void {
  const run = runOf(model, id);
  if (run.state.at === 'ready') laneOf(model, run).splice(laneOf(model, run).indexOf(id), 1);
  run.state = { at: 'finished', outcome };
  for (const key of run.keys) if (model.turns.get(key) === id) model.turns.delete(key);
  model.journal.push({ at: model.now, run: id, keys: run.keys, event: 'over' });
}

/** Nothing of the key starts for so long, and then its rate goes on without a burst. */
export function holdKey(model: Admission, key: string, holdMs: DurationMs): void {
  const until = Math.max(model.holds.get(key) ?? 0, model.now + holdMs);
  model.holds.set(key, until);
  const rate = model.limits.get(key)?.rate;
  if (rate === undefined) return;
  const after = until + emissionOf(rate) * (rate.burst - 1);
  model.arrivals.set(key, Math.max(model.arrivals.get(key) ?? 0, after));
}
