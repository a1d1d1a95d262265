import { isAway, isBack, isUntouched, type Member, type Restart } from './restart.ts';

/** What comes next. `tell`: these processes are to be told to drain and exit. */
export type RestartStep =
  | { kind: 'tell'; processes: readonly Member[] }
  | { kind: 'wait' }
  | { kind: 'done' }
  | { kind: 'interrupted' }
  | { kind: 'stop'; failed: readonly Member[] };

/** How many of `count` workers may be away at once: a number as it is, a share rounded down; at least one. */
export function mostAway(maxUnavailable: string, count: number): number {
  const [, percent] = /^(\d+)%$/.exec(maxUnavailable) ?? [];
  const most = percent === undefined ? Number(maxUnavailable) : Math.floor((count * Number(percent)) / 100);
  return Math.max(1, most);
}

/**
 * The next step of a restart, from what was observed of it last.
 *
 * Invariants, of each pool: no worker is told while as many as may be are away, whatever made them so; those that are told
 * at once fit in what is left. The first to be told is alone, and nobody else is told until something is in its place: a version
 * that does not start costs one worker. A failed worker is written off: it is not waited for, and does not count as away.
 * `manner` `finish`: nobody else is told, and what is away is waited for.
 */
export function planRestart(restart: Restart, manner: 'go on' | 'finish'): RestartStep {
  const { members, terms } = restart;
  const failed = members.filter(({ failure }) => failure !== undefined);
  if (failed.length > terms.maxFailures) return { kind: 'stop', failed };
  const waiting = members.filter(isAway);
  const left = members.filter((member) => member.part === 'target' && isUntouched(member));
  if (left.length === 0) return { kind: waiting.length > 0 ? 'wait' : 'done' };
  if (manner === 'finish') return { kind: waiting.length > 0 ? 'wait' : 'interrupted' };
  const processes = pickWave(restart, left);
  return processes.length === 0 ? { kind: 'wait' } : { kind: 'tell', processes };
}

function pickWave({ members, terms }: Restart, left: readonly Member[]): Member[] {
  const told = members.filter(({ toldAt }) => toldAt !== undefined);
  const isProven = told.some(isBack);
  if (!isProven && told.some(isAway)) return [];
  const away = countByPool(members.filter(isAway));
  const total = countByPool(members);
  const wave: Member[] = [];
  for (const member of left) {
    const own = countByPool([member]);
    const fits = [...own].every(
      ([pool, count]) => (away.get(pool) ?? 0) + count <= mostAway(terms.maxUnavailable, total.get(pool) ?? 0),
    );
    if (!fits) continue;
    for (const [pool, count] of own) away.set(pool, (away.get(pool) ?? 0) + count);
    wave.push(member);
    if (!isProven) break;
  }
  return wave;
}

function countByPool(members: readonly Member[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { pool } of members.flatMap(({ workers }) => workers)) counts.set(pool, (counts.get(pool) ?? 0) + 1);
  return counts;
}
