import { BelfryError } from '../errors.ts';
import type { DstSpec } from '../job.ts';
import { assertKnownKeys, readWord } from '../known_keys.ts';
import { quote } from '../quote.ts';
import type { DstRuleText } from '../schedule.ts';
import { suggest } from '../suggest.ts';

/**
 * What a change of the zone's offset does to the fire times of one expression.
 *
 * `gap`, for times that the wall clock jumps over: `transition` fires once, however many they are, at the instant of the
 * change; `shift` fires each as much later as the gap is long, so 02:30 at 03:30; `skip` drops them.
 * `overlap`, for times that it shows twice: fire on the `first` showing, on the `last`, or on `both`.
 */
export type DstRule = {
  readonly gap: 'transition' | 'shift' | 'skip';
  readonly overlap: 'first' | 'last' | 'both';
};

/** How a day is matched where both day fields are given: by either, or by both. */
export type DayMatch = 'or' | 'and';

/** The texts of an expression's fields, in upper case: a policy may depend on how a field is written. */
export type CronFacts = {
  readonly fields: Readonly<Record<'second' | 'minute' | 'hour' | 'dayOfMonth' | 'month' | 'dayOfWeek', string>>;
};

/** A DST policy: gives each expression its `DstRule` and its `DayMatch`. See docs/guides/dst.md for the presets. */
export type DstPolicy = {
  readonly ruleOf: (facts: CronFacts) => DstRule;
  readonly dayMatchOf: (facts: CronFacts) => DayMatch;
};

const GAPS = ['transition', 'shift', 'skip'] as const;
const OVERLAPS = ['first', 'last', 'both'] as const;
const DAY_MATCHES = ['or', 'and'] as const;

const ONCE: DstRule = { gap: 'transition', overlap: 'first' };
const ELAPSED: DstRule = { gap: 'skip', overlap: 'both' };

/**
 * cronie, src/cron.c: an expression whose minute or hour starts with a star goes by elapsed time; any other fires once
 * at the end of a gap, and on the first pass of an overlap. `H/10` is taken for the star with a step that it stands for.
 * Days as in `find_jobs`: a day field that starts with a star never widens the other one.
 */
export const VIXIE: DstPolicy = {
  ruleOf: ({ fields }) => (startsWithStar(fields.minute) || startsWithStar(fields.hour) ? ELAPSED : ONCE),
  dayMatchOf: ({ fields }) => (startsWithStar(fields.dayOfMonth) || startsWithStar(fields.dayOfWeek) ? 'and' : 'or'),
};

/**
 * HangfireIO/Cronos: whatever matched inside a gap fires once at its end; an expression that describes an interval (a
 * star, a range or a step in second, minute or hour) fires on both passes of an overlap, any other on the first.
 */
const CRONOS: DstPolicy = {
  ruleOf: ({ fields }) => {
    const interval = [fields.second, fields.minute, fields.hour].some((text) => /[*\-/]/.test(text));
    return { gap: 'transition', overlap: interval ? 'both' : 'first' };
  },
  dayMatchOf: () => 'and',
};

/** Quartz CronExpression.getTimeAfter: java.util.GregorianCalendar takes an ambiguous wall time for the later one. */
const QUARTZ: DstPolicy = { ruleOf: () => ({ gap: 'skip', overlap: 'last' }), dayMatchOf: () => 'and' };

/** robfig/cron v3 SpecSchedule.Next, which Kubernetes runs: it fires whenever the wall clock shows the time. */
const KUBERNETES: DstPolicy = { ruleOf: () => ELAPSED, dayMatchOf: matchEitherOfTwo };

const PRESETS: ReadonlyMap<string, DstPolicy> = new Map([
  ['vixie', VIXIE],
  ['cronos', CRONOS],
  ['quartz', QUARTZ],
  ['kubernetes', KUBERNETES],
]);

/** The policy that a rule's `t` names. Throws BAD_SCHEDULE for a text that `compileDst` did not make. */
export function parseDstPolicy(text: DstRuleText | undefined): DstPolicy {
  if (text === undefined) return VIXIE;
  const [first = '', second, ...others] = text.split(' ');
  const preset = PRESETS.get(first);
  if (preset !== undefined && second === undefined) return preset;
  if (preset !== undefined && isOneOf(second, DAY_MATCHES) && others.length === 0) return withDays(preset, second);
  const [gap, overlap, dayMatch, ...rest] = text.split(' ');
  const known = isOneOf(gap, GAPS) && isOneOf(overlap, OVERLAPS);
  if (!known || rest.length > 0 || !(dayMatch === undefined || isOneOf(dayMatch, DAY_MATCHES)))
    throw badDst(text, 'dst');
  return freePolicy({ gap, overlap }, dayMatch);
}

function freePolicy(rule: DstRule, dayMatch: DayMatch | undefined): DstPolicy {
  const policy: DstPolicy = { ...VIXIE, ruleOf: () => rule };
  return dayMatch === undefined ? policy : withDays(policy, dayMatch);
}

function withDays(policy: DstPolicy, dayMatch: DayMatch): DstPolicy {
  return { ...policy, dayMatchOf: dayMatch === 'or' ? matchEitherOfTwo : () => 'and' };
}

/** What the policy makes an expression do when the clock changes. */
export function dstRuleOf(policy: DstPolicy, facts: CronFacts): DstRule {
  return policy.ruleOf(facts);
}

/** Whether a day has to satisfy both day fields of an expression, or either. */
export function dayMatchOf(policy: DstPolicy, facts: CronFacts): DayMatch {
  return policy.dayMatchOf(facts);
}

/**
 * The stored text of a job file's `dst`: a preset's name, `<preset> <dayMatch>` or `<gap> <overlap> <dayMatch>`; undefined for
 * vixie. Without a `dayMatch` of its own a free rule matches days as vixie does, and the text has two words.
 * Throws BAD_SCHEDULE naming `field`.
 */
export function compileDst(spec: DstSpec | undefined, field: string): DstRuleText | undefined {
  if (spec === undefined || spec === 'vixie') return undefined;
  if (typeof spec === 'string') {
    if (PRESETS.has(spec)) return spec;
    throw badDst(spec, field);
  }
  if (typeof spec !== 'object' || spec === null || Array.isArray(spec)) throw badDst(spec, field);
  if ('preset' in spec) {
    assertKnownKeys(spec, ['preset', 'dayMatch'], { code: 'BAD_SCHEDULE', field });
    return `${oneOf([...PRESETS.keys()], spec.preset, `${field}.preset`)} ${oneOf(DAY_MATCHES, spec.dayMatch, `${field}.dayMatch`)}`;
  }
  assertKnownKeys(spec, ['gap', 'overlap', 'dayMatch'], { code: 'BAD_SCHEDULE', field });
  const words = [oneOf(GAPS, spec.gap, `${field}.gap`), oneOf(OVERLAPS, spec.overlap, `${field}.overlap`)];
  if (spec.dayMatch !== undefined) words.push(oneOf(DAY_MATCHES, spec.dayMatch, `${field}.dayMatch`));
  return words.join(' ');
}

/** The spec in words: `vixie`, `vixie and`, `skip both`, `skip both and`. Unchecked: compileDst says what is wrong with it. */
export function dstOfWords([first, second, third]: readonly string[]): DstSpec {
  if (second === undefined) return first as DstSpec;
  if (isOneOf(second, DAY_MATCHES)) return { preset: first, dayMatch: second } as DstSpec;
  return { gap: first, overlap: second, ...(third !== undefined && { dayMatch: third }) } as DstSpec;
}

function oneOf(words: readonly string[], value: unknown, field: string): string {
  const found = readWord(value, words, { code: 'BAD_SCHEDULE', field });
  if (found !== undefined) return found;
  const hint = `one of ${words.join(', ')}`;
  throw new BelfryError('BAD_SCHEDULE', `${field} is missing`, { field, hint });
}

function badDst(value: unknown, field: string): BelfryError {
  const meant = typeof value === 'string' ? suggest(value, PRESETS.keys()) : undefined;
  const right = `one of ${[...PRESETS.keys()].join(', ')}, or { gap: 'transition', overlap: 'first' }`;
  return new BelfryError('BAD_SCHEDULE', `${field} is ${quote(value)}`, {
    field,
    hint: meant === undefined ? right : `did you mean ${meant}?`,
  });
}

function isOneOf<Word extends string>(value: string | undefined, words: readonly Word[]): value is Word {
  return words.some((word) => word === value);
}

function startsWithStar(text: string): boolean {
  return /^(?:\*|\?|H\/)/.test(text);
}

/** robfig's star bit: a field with a star or `?` of step 1 in its list leaves the other one alone. */
function matchEitherOfTwo({ fields }: CronFacts): DayMatch {
  const open = /(?:^|,)[*?](?:\/0*1)?(?:,|$)/;
  return open.test(fields.dayOfMonth) || open.test(fields.dayOfWeek) ? 'and' : 'or';
}
