import type { Migrated } from '../cli/migrated.ts';
import type { Config } from '../config.ts';
import { createEventBus } from '../core/events.ts';
import { bringUp, planMigrations } from '../store/migrations/bring_up.ts';
import type { Host } from './host.ts';
import { openVisit } from './session.ts';

/** `belfry migrate`: brings the state to the format of this release, or tells what would be done. Throws FORMAT_MISMATCH. */
export async function migrateState(config: Config, host: Host, mode: 'dry-run' | 'do'): Promise<Migrated> {
  const { assembly, connect } = openVisit(config, host);
  try {
    await connect('ignore');
    const { store } = assembly;
    const planned = await planMigrations(store);
    if (mode === 'dry-run') return { planned, outcomes: undefined };
    return { planned, outcomes: await bringUp(store, { holder: host.newId(), events: createEventBus() }) };
  } finally {
    assembly.close();
  }
}
