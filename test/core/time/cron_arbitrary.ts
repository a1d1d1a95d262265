import fc from 'fast-check';

/** A field as text together with what it means, made side by side, so that no test needs a second parser. */
export type FieldCase = {
  text: string;
  starred: boolean;
  has(value: number): boolean;
  last?: boolean;
  lastWeekday?: number;
  nth?: { weekday: number; n: number };
};

export type CronCase = {
  text: string;
  second: FieldCase;
  minute: FieldCase;
  hour: FieldCase;
  dayOfMonth: FieldCase;
  month: FieldCase;
  dayOfWeek: FieldCase;
};

type Bounds = { min: number; max: number };

const star: FieldCase = { text: '*', starred: true, has: () => true };
const zero: FieldCase = { text: '0', starred: false, has: (value) => value === 0 };

function steppedStar({ min, max }: Bounds): fc.Arbitrary<FieldCase> {
  return fc.integer({ min: 1, max: max - min + 1 }).map((step) => ({
    text: `*/${step}`,
    starred: true,
    has: (value: number) => (value - min) % step === 0,
  }));
}

function oneValue({ min, max }: Bounds): fc.Arbitrary<FieldCase> {
  return fc
    .integer({ min, max })
    .map((only) => ({ text: String(only), starred: false, has: (value: number) => value === only }));
}

function range(bounds: Bounds): fc.Arbitrary<FieldCase> {
  return fc
    .tuple(fc.integer(bounds), fc.integer(bounds), fc.integer({ min: 1, max: 5 }))
    .map(([one, other, wanted]) => {
      const [low, high] = [Math.min(one, other), Math.max(one, other)];
      const step = Math.min(wanted, high - low + 1);
      return {
        text: `${low}-${high}${step === 1 ? '' : `/${step}`}`,
        starred: false,
        has: (value: number) => value >= low && value <= high && (value - low) % step === 0,
      };
    });
}

function list(item: fc.Arbitrary<FieldCase>): fc.Arbitrary<FieldCase> {
  return fc.array(item, { minLength: 1, maxLength: 4 }).map((items) => ({
    text: items.map(({ text }) => text).join(','),
    starred: items[0]?.starred ?? false,
    has: (value: number) => items.some((one) => one.has(value)),
  }));
}

export function timeField(bounds: Bounds): fc.Arbitrary<FieldCase> {
  const item = fc.oneof(steppedStar(bounds), oneValue(bounds), range(bounds));
  return fc.oneof({ weight: 1, arbitrary: fc.constant(star) }, { weight: 3, arbitrary: list(item) });
}

const monthDays = { min: 1, max: 31 };
const weekdays = { min: 0, max: 6 };

const lastDay = fc.option(fc.integer(monthDays), { nil: undefined }).map((extra) => ({
  text: extra === undefined ? 'L' : `L,${extra}`,
  starred: false,
  last: true,
  has: (value: number) => value === extra,
}));
const lastWeekday = fc
  .integer(weekdays)
  .map((weekday) => ({ text: `${weekday}L`, starred: false, lastWeekday: weekday, has: () => false }));
const nthWeekday = fc.tuple(fc.integer(weekdays), fc.integer({ min: 1, max: 5 })).map(([weekday, n]) => ({
  text: `${weekday}#${n}`,
  starred: false,
  nth: { weekday, n },
  has: () => false,
}));
const question = fc.constant({ ...star, text: '?' });

const dayOfMonth = fc.oneof(
  { weight: 4, arbitrary: fc.constant(star) },
  { weight: 1, arbitrary: question },
  { weight: 2, arbitrary: list(fc.oneof(steppedStar(monthDays), oneValue(monthDays), range(monthDays))) },
  { weight: 1, arbitrary: lastDay },
);
const dayOfWeek = fc.oneof(
  { weight: 4, arbitrary: fc.constant(star) },
  { weight: 1, arbitrary: question },
  { weight: 2, arbitrary: list(fc.oneof(steppedStar(weekdays), oneValue(weekdays), range(weekdays))) },
  { weight: 1, arbitrary: lastWeekday },
  { weight: 1, arbitrary: nthWeekday },
);
const month = fc.oneof(
  { weight: 4, arbitrary: fc.constant(star) },
  { weight: 1, arbitrary: list(fc.oneof(oneValue({ min: 1, max: 12 }), range({ min: 1, max: 12 }))) },
);

/** Expressions of five fields, or of six where `second` is given. */
export function cronCase(second: fc.Arbitrary<FieldCase> = fc.constant(zero)): fc.Arbitrary<CronCase> {
  return fc
    .record({
      second,
      minute: timeField({ min: 0, max: 59 }),
      hour: timeField({ min: 0, max: 23 }),
      dayOfMonth,
      month,
      dayOfWeek,
    })
    .map((fields) => ({ ...fields, text: textOf(fields) }));
}

function textOf(fields: Omit<CronCase, 'text'>): string {
  const { second, minute, hour, dayOfMonth: days, month: months, dayOfWeek: week } = fields;
  const five = [minute, hour, days, months, week].map(({ text }) => text).join(' ');
  return second === zero ? five : `${second.text} ${five}`;
}
