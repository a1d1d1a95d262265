import type { Assembly } from '../assembly.ts';
import type { Config } from '../config.ts';
import type { EventBus } from '../core/events.ts';
import type { Host } from './host.ts';
import type { Manners, Role } from './role.ts';

export type Starting = {
  config: Pick<Config, 'startStaggerMs'>;
  host: Pick<Host, 'random'>;
  manners: Manners;
  roles: readonly Role[];
  events: EventBus;
};

/**
 * Waits for this process's turn to register and claim, where many of the fleet start at once: a site that all hosts come back
 * to in the same second goes down again. One that starts alone, or with a few others, waits for nothing.
 */
export async function waitForTurn(starting: Starting, { store }: Pick<Assembly, 'store'>): Promise<void> {
  const { config, host, manners, roles, events } = starting;
  if (manners === 'dev' || roles.every((role) => role === 'api')) return;
  const waitMs = await store.starts.takeTurn(config.startStaggerMs, host.random());
  if (waitMs === 0) return;
  events.emit('start.paced', { waitMs });
  await new Promise((resolve) => setTimeout(resolve, waitMs).unref());
}
