import { createRequire } from 'node:module';
import { installRrule } from '../core/time/rrule.ts';
import type { Recurrence, RruleReader } from '../core/time/rrule.ts';

/** What is used of the optional package `rrule-temporal`. */
type ZonedTime = { epochMilliseconds: number };
type PackageRule = {
  next(after: Date): ZonedTime | null;
  previous(before: Date): ZonedTime | null;
  between(after: Date, before: Date, inclusive: boolean): ZonedTime[];
};
type RrulePackage = { RRuleTemporal: new (options: { rruleString: string; strict: boolean }) => PackageRule };

/** Lets schedules with `rrule` be read where `rrule-temporal` is installed; it is loaded with the first of them. */
export function offerRrule(): void {
  let reader: RruleReader | undefined;
  installRrule(() => (reader ??= loadReader()));
}

function loadReader(): RruleReader | undefined {
  try {
    const { RRuleTemporal } = createRequire(import.meta.url)('rrule-temporal') as RrulePackage;
    return (text) => asRecurrence(new RRuleTemporal({ rruleString: text, strict: true }));
  } catch (error) {
    if ((error as { code?: unknown }).code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

function asRecurrence(rule: PackageRule): Recurrence {
  return {
    next: (after) => rule.next(new Date(after))?.epochMilliseconds,
    previous: (before) => rule.previous(new Date(before))?.epochMilliseconds,
    between: (from, to) => rule.between(new Date(from), new Date(to), true).map((at) => at.epochMilliseconds),
  };
}
