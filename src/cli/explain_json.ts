import { isoOf } from './instants.ts';

/** Keys of the answers in core/explain that hold an instant; each other number is a count or a length in ms. */
const INSTANTS: ReadonlySet<string> = new Set([
  'now',
  'fireTime',
  'due',
  'at',
  'from',
  'to',
  'since',
  'until',
  'leaseUntil',
  'before',
  'after',
  'oldest',
  'registeredAt',
  'cursor',
  'startedAt',
  'finishedAt',
]);

/** An answer as `--json` prints it: instants are ISO 8601, as in every other answer of the command line. */
export function explainJson(answer: unknown): string {
  return JSON.stringify(answer, (key, value: unknown) =>
    typeof value === 'number' && INSTANTS.has(key) ? isoOf(value) : value,
  );
}
