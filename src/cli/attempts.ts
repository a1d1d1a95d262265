import type { RunView } from '../client/runs.ts';

/** Attempts that were started, the live or last one included: the stored number counts those before it. */
export function attemptsOf(view: RunView): number {
  const hasLast = view.kind === 'live' ? view.state === 'running' : view.startedAt > 0;
  return view.run.attempts + (hasLast ? 1 : 0);
}
