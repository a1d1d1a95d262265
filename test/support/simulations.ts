import type { SimulationRequest } from '../../src/simulation/request.ts';
import { job } from './engine.ts';

/** 2026-03-01T00:00:00Z: where the simulations of the tests begin. */
export const FROM = Date.UTC(2026, 2, 1);
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

export const MINUTELY = job('minutely', { schedule: { cron: '* * * * *' } });

/** One job for each policy that a schedule can have, busy on the same minutes. */
const POLICIES = [
  MINUTELY,
  job('allow', { schedule: { cron: '* * * * *', overlap: 'allow' } }),
  job('jittery', { schedule: { cron: '*/5 * * * *', jitter: '30s', overlap: 'allow' } }),
  job('spread', { schedule: { cron: '*/10 * * * *', window: '5m' } }),
  job('none', { schedule: { cron: '*/2 * * * *', catchUp: 'none' } }),
  job('all', { schedule: { cron: '* * * * *', overlap: 'allow', catchUp: 'all' } }),
  job('in-turn', { schedule: { cron: '*/3 * * * *', catchUp: 'all' } }),
  job('newest', { schedule: { cron: '* * * * *', overlap: 'allow', catchUp: { max: 3 } } }),
  job('deadline', { schedule: { cron: '* * * * *', startDeadline: '20s' } }),
  job('buffer-one', { schedule: { every: '1m', overlap: 'buffer-one' } }),
  job('buffer-all', { schedule: { every: '2m', overlap: 'buffer-all' } }),
  job('cancel', { schedule: { cron: '* * * * *', overlap: 'cancel' } }),
  job('terminate', { schedule: { cron: '* * * * *', overlap: 'terminate' } }),
  job('blackout', { schedule: { cron: '* * * * *', blackout: [{ cron: '0 * * * *', for: '10m' }] } }),
  job('thrice', { schedule: { cron: '*/7 * * * *', maxRuns: 3 } }),
  job('hourly', { schedule: { cron: '0 * * * *', timezone: 'Europe/Berlin' } }),
  job('chain', { schedule: { afterCompletion: '45s' } }),
  job('reboot', { schedule: { cron: '@reboot' } }),
  job('once', { schedule: { at: '2026-03-01T01:00:00Z' } }),
  job('limited', { schedule: { cron: '* * * * *', overlap: 'allow', catchUp: 'all' }, limits: [{ rate: '1/30s' }] }),
];

/** Four hours of these jobs, without faults unless they are given. */
export function simulation(more: Partial<SimulationRequest> = {}): SimulationRequest {
  return {
    from: FROM,
    to: FROM + 4 * HOUR,
    jobs: POLICIES,
    calendars: new Map(),
    replicas: 3,
    kills: [],
    pauses: [],
    skewMs: 0,
    leaderTtlMs: 5_000,
    duration: { fromMs: 2_000, toMs: 2_000 },
    slots: 100,
    seed: 1,
    ...more,
  };
}
