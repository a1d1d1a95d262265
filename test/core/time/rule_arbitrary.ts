import fc from 'fast-check';
import type { WhenRule } from '../../../src/core/schedule.ts';
import { cronCase } from './cron_arbitrary.ts';
import { dstTexts, hardZones, instants } from './timing_laws.ts';

const HOUR_MS = 3_600_000;
const ms = (iso: string): number => Date.parse(iso);

const cronRules = fc
  .tuple(cronCase(), hardZones, dstTexts)
  .map(([{ text }, z, t]): WhenRule => ({ c: text, z, ...(t !== undefined && { t }) }));
const intervalRules = fc.tuple(fc.integer({ min: 60_000, max: 1e9 }), instants).map(([e, g]): WhenRule => ({ e, g }));
const sparse = fc.constantFrom<WhenRule>(
  { c: '17 3 29 2 *' },
  { c: '0 9 * * MON', z: 'Europe/Berlin' },
  { c: '30 2 * * *', z: 'America/New_York' },
  { a: [ms('2020-01-01'), ms('2020-01-02'), ms('2030-01-01')] },
  { i: 'R50/2020-01-31T02:30/P1M', z: 'Europe/Berlin' },
  { e: 6 * HOUR_MS, y: [3_600, 80_000], z: 'Australia/Lord_Howe' },
);
/** Rules of many kinds, dense and sparse. */
export const rules = fc.oneof({ weight: 2, arbitrary: cronRules }, intervalRules, sparse);
