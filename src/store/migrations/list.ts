import type { Migration } from './migration.ts';
import { RATES_TO_LIMITS } from './rates_to_limits.ts';

/** Every migration, in the order in which they run. The last one leads to the format that this release writes. */
export const MIGRATIONS: readonly Migration[] = [RATES_TO_LIMITS];
