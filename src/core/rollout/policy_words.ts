import type { ScheduleRule } from '../schedule.ts';
import { formatDuration } from '../time/duration.ts';

/** How a schedule fires, beside when: `jitter 30s, overlap skip, catch-up latest`. What is left out of the rule is left out. */
export function describePolicies(rule: ScheduleRule): string {
  const { r, k, o, m, h, w, d, bl, pf, mr, al, t } = rule;
  return [
    r !== undefined && `jitter ${formatDuration(r)}`,
    k !== undefined && `window ${formatDuration(k)}`,
    `overlap ${o ?? 'skip'}`,
    `catch-up ${m === undefined ? 'latest' : String(m)}`,
    h !== undefined && `catch-up rate ${h[0]} per ${formatDuration(h[1])}`,
    w !== undefined && `catch-up window ${formatDuration(w)}`,
    d !== undefined && `start deadline ${formatDuration(d)}`,
    t !== undefined && `dst ${t}`,
    bl !== undefined && `blackouts ${JSON.stringify(bl)}`,
    pf !== undefined && `pause after ${pf} dead letters`,
    mr !== undefined && `ends after ${mr} runs`,
    al === 'delete' && 'is deleted then',
  ]
    .filter((part) => typeof part === 'string')
    .join(', ');
}
