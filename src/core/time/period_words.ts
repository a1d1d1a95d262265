const UNITS: Readonly<Record<string, string>> = { Y: 'year', M: 'month', W: 'week', D: 'day' };
const TIME_UNITS: Readonly<Record<string, string>> = { H: 'hour', M: 'minute', S: 'second' };

/** An ISO 8601 period in words: `month` for `P1M`, `1 day 12 hours` for `P1DT12H`; the text itself when it is none. */
export function describePeriod(period: string): string {
  const [dates = '', times = ''] = period.toUpperCase().replace(/^P/, '').split('T');
  const parts = [...partsOf(dates, UNITS), ...partsOf(times, TIME_UNITS)];
  if (parts.length === 0) return period;
  const only = parts[0];
  if (parts.length === 1 && only?.count === '1') return only.unit;
  return parts.map(({ count, unit }) => `${count} ${unit}${count === '1' ? '' : 's'}`).join(' ');
}

function partsOf(text: string, units: Readonly<Record<string, string>>): { count: string; unit: string }[] {
  return [...text.matchAll(/([\d.,]+)([A-Z])/g)].map(([, count = '', letter = '']) => ({
    count: count.replace(',', '.').replace(/^0+(?=\d)/, ''),
    unit: units[letter] ?? letter,
  }));
}
