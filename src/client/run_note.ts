import type { RunNote } from '../core/explain/run_note.ts';
import type { EpochMs } from '../core/time/units.ts';
import type { RunView } from './find_run.ts';

/** A run in short, for an explanation. */
export function noteOf(view: RunView): RunNote {
  const { id, fireTime, attempts } = view.run;
  const isLive = view.kind === 'live';
  const startedAt = reached(isLive ? view.holder?.startedAt : view.startedAt);
  const worker = isLive ? view.holder?.worker : view.worker;
  return {
    id,
    state: view.state,
    fireTime,
    startedAt,
    finishedAt: isLive ? undefined : view.finishedAt,
    worker: worker === '' ? undefined : worker,
    // The stored number counts the attempts before the one that runs or ran last.
    attempt: attempts + (startedAt === undefined ? 0 : 1),
    error: view.error,
  };
}

function reached(at: EpochMs | undefined): EpochMs | undefined {
  return at === 0 ? undefined : at;
}
