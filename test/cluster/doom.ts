import { fileURLToPath } from 'node:url';
import { eventually } from '../support/eventually.ts';
import { hasSaid, type BelfryProcess, type Role } from '../support/processes.ts';
import type { Fleet } from './fleet.ts';

/** Where a process ends itself by SIGKILL: at its nth call of a script, before it is sent or before its answer is seen. */
export type FailPoint = { script: string; moment: 'before' | 'after'; nth: number };

const HOOK = new URL('../support/fail_points.mjs', import.meta.url);

export const BOTH_MOMENTS = ['before', 'after'] as const;

/** Both moments of the nth call of each script. */
export function pointsOf(scripts: Readonly<Record<string, number>>): FailPoint[] {
  return Object.entries(scripts).flatMap(([script, nth]) => BOTH_MOMENTS.map((moment) => ({ script, moment, nth })));
}

export function describePoint({ script, moment }: FailPoint): string {
  return `${moment} ${script}`;
}

/** What makes any process of `belfry` end there. */
export function doomVariables({ script, moment, nth }: FailPoint): Record<string, string> {
  return { NODE_OPTIONS: `--import=${fileURLToPath(HOOK)}`, FAIL_POINT: `${script} ${moment} ${String(nth)}` };
}

/** Adds a process to the fleet that ends at the point, and waits until it has. `provoke` is what makes it come there. */
export async function doom(
  fleet: Fleet,
  role: Role,
  point: FailPoint,
  provoke: (doomed: BelfryProcess) => Promise<unknown> = () => Promise.resolve(),
): Promise<BelfryProcess> {
  const doomed = fleet.launch(role, doomVariables(point));
  await provoke(doomed);
  await eventually(
    () => {
      if (!hasSaid(doomed, 'fail point') || doomed.ended() === undefined) {
        throw new Error(`a ${role} has not ended ${describePoint(point)}:\n${doomed.noise()}`);
      }
    },
    { timeoutMs: 30_000 },
  );
  const { at } = await doomed.whenEnded();
  fleet.note({ pid: doomed.pid, kind: 'killed', from: at, to: at });
  return doomed;
}
