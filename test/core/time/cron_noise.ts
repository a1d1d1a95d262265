import { seededChance } from '../../support/seeded.ts';

/**
 * Texts to throw at the parser, by the hundred thousand: expressions of the whole dialect, the same with a few wounds, and
 * noise in cron's own characters. From a number to the same text always, so that a failure can be looked at again.
 */

export type CronTexts = { next(): string };

type Bounds = readonly [low: number, high: number];

const BOUNDS: readonly Bounds[] = [
  [0, 59],
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 7],
  [1970, 2199],
];
const [DAY_OF_MONTH, MONTH, DAY_OF_WEEK, YEAR] = [3, 4, 5, 6];
const MONTH_NAMES = ['JAN', 'FEB', 'mar', 'Apr', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const WEEKDAY_NAMES = ['SUN', 'MON', 'tue', 'Wed', 'THU', 'FRI', 'SAT'];
const PREFIXES = ['', '', '', '', '', '', ' ', '\t', 'CRON_TZ=Asia/Tokyo ', 'TZ=UTC ', 'CRON_TZ= ', '@'];
const ALIASES = ['@daily', '@Weekly', '@reboot', '@every 90s', '@every', '@yearlyy', '@midnight ', '@weekdays'];
const CHARACTERS = Array.from('0123456789*/-,?#LWHhlw()@~.+= \t\n\u0000\u00A0é🕰ß%&"\\JANMOFRI');

export function cronTexts(seed: number): CronTexts {
  const { next: random, pick } = seededChance(seed);
  const below = (limit: number): number => Math.floor(random() * limit);

  const value = (field: number): string => {
    if (field === MONTH && below(3) === 0) return pick(MONTH_NAMES);
    if (field === DAY_OF_WEEK && below(3) === 0) return pick(WEEKDAY_NAMES);
    const [low, high] = BOUNDS[field] ?? [0, 0];
    // Now and then one past either end.
    return String(low - (below(60) === 0 ? 1 : 0) + below(high - low + 1 + (below(60) === 0 ? 2 : 0)));
  };
  const special = (field: number): string => {
    if (field === DAY_OF_MONTH) return pick(['L', 'LW', `L-${below(32)}`, `L-${below(32)}W`, `${below(33)}W`]);
    if (field === DAY_OF_WEEK) return pick([`${value(field)}L`, `${value(field)}#${below(7)}`, `H#${below(6)}`, 'L']);
    return field === YEAR ? value(field) : pick(['H', 'H', `H(${value(field)}-${value(field)})`]);
  };
  const item = (field: number): string => {
    const base = pick([
      () => '*',
      () => value(field),
      () => value(field),
      () => `${value(field)}-${value(field)}`,
      () => special(field),
    ])();
    return below(4) === 0 ? `${base}/${below(field === YEAR ? 40 : 12)}` : base;
  };
  const field = (index: number): string => {
    if (below(3) === 0) return index === DAY_OF_MONTH || index === DAY_OF_WEEK ? pick(['*', '?']) : '*';
    return Array.from({ length: below(8) === 0 ? 1 + below(30) : 1 + below(2) }, () => item(index)).join(',');
  };
  const expression = (): string => {
    if (below(40) === 0) return pick(ALIASES);
    const count = pick([5, 5, 5, 5, 6, 7, 7, below(9)]);
    const first = count === 5 ? 1 : 0;
    return pick(PREFIXES) + Array.from({ length: count }, (_, index) => field(Math.min(first + index, YEAR))).join(' ');
  };
  const wound = (text: string): string => {
    const at = below(text.length + 1);
    const cut = at + below(4);
    return pick([
      () => text.slice(0, at) + text.slice(cut),
      () => text.slice(0, at) + pick(CHARACTERS) + text.slice(at),
      () => text.slice(0, at) + pick(CHARACTERS) + text.slice(at + 1),
      () => text.slice(0, at) + text.slice(at, cut) + text.slice(at),
      () => text.slice(0, at) + item(below(7)) + text.slice(at),
    ])();
  };
  const wounded = (): string => {
    let text = expression();
    for (let wounds = 1 + below(3); wounds > 0; wounds--) text = wound(text);
    return text;
  };
  const noise = (): string =>
    Array.from({ length: below(below(20) === 0 ? 300 : 40) }, () => pick(CHARACTERS)).join('');

  const kinds = [expression, expression, wounded, wounded, wounded, noise];
  return { next: () => pick(kinds)() };
}
