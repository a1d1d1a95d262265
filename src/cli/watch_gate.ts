import type { GateAnswer, GateRequest, RolloutClient } from '../client/rollout.ts';
import type { DurationMs } from '../core/time/units.ts';
import { rest } from './rest.ts';

export type GateWatch = {
  /** Between two looks; two are the least, for one does not tell whether a backlog grows. */
  everyMs: DurationMs;
  /** How long it is looked for a gate that opens. */
  forMs: DurationMs;
  /** Ends the watching. */
  stop: AbortSignal;
};

/** Looks at the gate until it is open, or for as long as is said; answers what it saw last. */
export async function watchGate(
  rollout: Pick<RolloutClient, 'gate'>,
  request: GateRequest,
  { everyMs, forMs, stop }: GateWatch,
): Promise<GateAnswer> {
  const first = await rollout.gate(request);
  let answer = first;
  do {
    await rest(everyMs, stop);
    answer = await rollout.gate({ ...request, earlier: answer.backlog });
  } while (answer.reasons.length > 0 && answer.backlog.at - first.backlog.at < forMs && !stop.aborted);
  return answer;
}
