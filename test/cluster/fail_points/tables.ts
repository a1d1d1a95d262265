import type { Deed } from './deed.ts';
import { DEEDS_TO_RULES } from './deeds_to_rules.ts';
import { DEEDS_TO_RUNS } from './deeds_to_runs.ts';

export const DEEDS_BY_HAND: readonly Deed[] = [...DEEDS_TO_RUNS, ...DEEDS_TO_RULES];
