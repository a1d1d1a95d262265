import { eventually } from '../support/eventually.ts';
import { liveAttempts } from '../support/journal.ts';
import type { BelfryProcess } from '../support/processes.ts';
import type { Chance } from '../support/seeded.ts';
import type { Fleet } from './fleet.ts';

/** A worker to strike. Never one with a third attempt: a run that loses three workers is a dead letter, as poison.test.ts has it. */
export function findVictim(fleet: Fleet, chance: Chance, wanted: 'busy' | 'busy or idle'): Promise<BelfryProcess> {
  return eventually(
    () => {
      const lines = fleet.journal.read();
      const victims = fleet.up('worker').filter(({ pid }) => {
        const live = liveAttempts(lines, pid);
        return live.every(({ attempt }) => attempt < 3) && (wanted === 'busy or idle' || live.length > 0);
      });
      return chance.pick(victims);
    },
    { timeoutMs: 20_000 },
  );
}
