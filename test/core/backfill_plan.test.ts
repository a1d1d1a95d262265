import { describe, expect, test } from 'vitest';
import type { Backfill, BackfillSpec } from '../../src/core/backfill.ts';
import {
  CANCELLED_SHOWN_MS,
  planBackfill,
  type BackfillFacts,
  type BackfillPlan,
} from '../../src/core/backfill_plan.ts';
import { compileSchedule } from '../../src/core/compiled_schedule.ts';
import type { ScheduleRule } from '../../src/core/schedule.ts';
import { seededChance } from '../support/seeded.ts';

const MINUTE = 60_000;
const T0 = Date.UTC(2026, 0, 1);
const at = (minutes: number): number => T0 + minutes * MINUTE;
const NOW = at(600);
const EACH_MINUTE: ScheduleRule = { c: '* * * * *' };
const FACTS: BackfillFacts = { live: 0, paused: 'active', freezes: [], tokens: 1_000 };

/** Ten minutes of fire times, released at one a second. */
const SPEC: BackfillSpec = {
  schedule: 's',
  kind: 'catch-up',
  from: T0,
  to: at(9) + 1,
  overlap: 'allow',
  rate: [60, MINUTE],
  ruleJson: JSON.stringify(EACH_MINUTE),
  at: NOW,
};

type Told = {
  spec?: Partial<BackfillSpec>;
  cursor?: number;
  facts?: Partial<BackfillFacts>;
  rule?: Partial<ScheduleRule>;
};

function plan({ spec, cursor = T0, facts, rule }: Told, now = NOW): BackfillPlan {
  const backfill: Backfill = { id: 'b', cursor, released: 0, spec: { ...SPEC, ...spec } };
  return planBackfill(backfill, compileSchedule('s', { ...EACH_MINUTE, ...rule }), { ...FACTS, ...facts }, now);
}

describe('a catch-up', () => {
  test('releases the oldest fire time, and the next one when the rate allows', () => {
    expect(plan({})).toEqual({
      verdicts: [{ word: 'caught-up', from: T0, to: T0, count: 1, detail: String(600 * MINUTE) }],
      fires: [T0],
      cursor: at(1),
      lookAgainAt: NOW + 1_000,
    });
  });

  test('is done after its last fire time', () => {
    expect(plan({ cursor: at(9) })).toMatchObject({ fires: [at(9)], cursor: 0 });
  });

  test('begins with a fire time that a later rule does not name', () => {
    expect(plan({ cursor: T0 - 1_234 })).toMatchObject({ fires: [T0 - 1_234], cursor: T0 });
  });

  test('makes several runs at once where the rate is high, and never more than a hundred', () => {
    const fast = plan({ spec: { rate: [100, 1_000], to: at(500) } });
    expect(fast.fires).toHaveLength(10);
    expect(fast).toMatchObject({ cursor: at(10), lookAgainAt: NOW + 100 });
    const faster = plan({ spec: { rate: [100_000, 1_000], to: at(500) } });
    expect(faster.fires).toHaveLength(100);
    expect(faster).toMatchObject({ cursor: at(100), lookAgainAt: NOW + 1 });
  });

  test('keeps to the pacing of the fleet', () => {
    const some = plan({ spec: { rate: [100, 1_000] }, facts: { tokens: 3 } });
    expect(some.fires).toEqual([at(0), at(1), at(2)]);
    expect(some.lookAgainAt).toBe(NOW + 100);
    expect(plan({ facts: { tokens: 0 } })).toEqual({ verdicts: [], fires: [], cursor: T0, lookAgainAt: NOW + 250 });
  });

  test('does not look at live runs where overlap is allowed, and else releases nothing while one lives', () => {
    expect(plan({ facts: { live: 9 } }).fires).toEqual([T0]);
    const waiting = plan({ facts: { live: 1 }, spec: { overlap: 'buffer-all' } });
    expect(waiting).toEqual({ verdicts: [], fires: [], cursor: T0, lookAgainAt: NOW + 250 });
    expect(plan({ spec: { overlap: 'buffer-all', rate: [100, 1_000] } }).fires).toEqual([T0]);
  });

  test('waits while its schedule is paused, and while a freeze is on', () => {
    expect(plan({ facts: { paused: 'paused' } })).toMatchObject({ fires: [], cursor: T0, lookAgainAt: NOW + 5_000 });
    const freezes = [{ id: 'f', from: at(1), by: 'me', why: 'test' }];
    expect(plan({ facts: { freezes } })).toMatchObject({ fires: [], cursor: T0, lookAgainAt: NOW + 1_000 });
  });

  test('passes over what a freeze, a blackout or the start deadline forbids, and tells it', () => {
    const freezes = [{ id: 'f', from: at(0), until: at(2), by: 'me', why: 'test' }];
    const rule: Partial<ScheduleRule> = { bl: [[at(2), at(4)]], d: 595 * MINUTE };
    const { verdicts, fires, cursor } = plan({ facts: { freezes }, rule });
    expect(verdicts.map(({ word, from, to, count }) => [word, from, to, count])).toEqual([
      ['skipped(freeze)', at(0), at(1), 2],
      ['skipped(blackout)', at(2), at(3), 2],
      ['missed(deadline)', at(4), at(4), 1],
      ['caught-up', at(5), at(5), 1],
    ]);
    expect(fires).toEqual([at(5)]);
    expect(cursor).toBe(at(6));
  });

  test('judges a bounded number of fire times at once', () => {
    const rule: Partial<ScheduleRule> = { d: MINUTE };
    const planned = plan({ spec: { to: at(5_000) }, rule }, at(6_000));
    expect(planned.verdicts).toEqual([{ word: 'missed(deadline)', from: T0, to: at(999), count: 1_000 }]);
    expect(planned).toMatchObject({ cursor: at(1_000), lookAgainAt: at(6_000) });
  });

  test('of a schedule that is gone, or that somebody cancelled, ends; what it owed is missed', () => {
    const missed = [{ word: 'missed(catch-up)', from: at(3), to: at(9), count: 7 }];
    expect(plan({ cursor: at(3), facts: { paused: 'gone' } })).toMatchObject({
      verdicts: missed,
      fires: [],
      cursor: 0,
    });
    expect(plan({ cursor: at(3), spec: { cancelled: NOW - CANCELLED_SHOWN_MS } })).toMatchObject({
      verdicts: missed,
      fires: [],
      cursor: 0,
    });
  });
});

test('a cancelled one releases nothing while it can still be seen', () => {
  expect(plan({ spec: { cancelled: NOW - 1 } })).toEqual({
    verdicts: [],
    fires: [],
    cursor: T0,
    lookAgainAt: NOW - 1 + CANCELLED_SHOWN_MS,
  });
});

describe('a backfill', () => {
  const asked = { kind: 'backfill' } as const;

  test('fires what the rule names in its range, wherever the range begins', () => {
    expect(plan({ spec: asked, cursor: T0 + 1 })).toMatchObject({
      verdicts: [{ word: 'backfilled', from: at(1), to: at(1), count: 1 }],
      fires: [at(1)],
      cursor: at(2),
    });
    expect(plan({ spec: { ...asked, to: T0 + 30_000 }, cursor: T0 + 1 })).toMatchObject({ fires: [], cursor: 0 });
  });

  test('fires what was skipped in its time: a freeze, a blackout, a deadline', () => {
    const freezes = [{ id: 'f', from: at(0), until: at(5), by: 'me', why: 'test' }];
    const rule: Partial<ScheduleRule> = { bl: [[at(0), at(9)]], d: 1_000 };
    expect(plan({ spec: asked, facts: { freezes }, rule }).fires).toEqual([T0]);
  });

  test('that skips overlaps fires none while a run lives, at its rate', () => {
    const skipping = { ...asked, overlap: 'skip', rate: [30, 1_000] } as const;
    const planned = plan({ spec: { ...skipping, rate: [30, 1_000] } });
    expect(planned.fires).toEqual([T0]);
    expect(planned.verdicts).toEqual([
      { word: 'backfilled', from: T0, to: T0, count: 1 },
      { word: 'skipped(overlap)', from: at(1), to: at(2), count: 2 },
    ]);
    expect(planned).toMatchObject({ cursor: at(3), lookAgainAt: NOW + 100 });
    expect(plan({ spec: { ...skipping, rate: [1, 1_000] }, facts: { live: 1 } })).toMatchObject({
      verdicts: [{ word: 'skipped(overlap)', from: T0, count: 1 }],
      fires: [],
      cursor: at(1),
    });
  });

  test('of a schedule that is gone ends without a word', () => {
    expect(plan({ spec: asked, facts: { paused: 'gone' } })).toMatchObject({ verdicts: [], fires: [], cursor: 0 });
  });
});

type Drawn = { rate: [number, number]; overlap: BackfillSpec['overlap']; kind: BackfillSpec['kind'] };

/** Plays a backfill to its end with runs of any length; answers when each fire time was released, and how it was judged. */
function playBackfill({ rate, overlap, kind }: Drawn, chance: ReturnType<typeof seededChance>) {
  const released: number[] = [];
  const judged: number[] = [];
  const ends: number[] = [];
  let cursor = T0;
  let now = NOW;
  let mostLive = 0;
  while (cursor > 0) {
    const live = ends.filter((end) => end > now).length;
    const tokens = chance.between(0, 5);
    const planned = plan({ spec: { kind, overlap, rate, to: at(200) }, cursor, facts: { live, tokens } }, now);
    for (const { from, to } of planned.verdicts) for (let t = from; t <= to; t += MINUTE) judged.push(t);
    for (const _ of planned.fires) {
      released.push(now);
      ends.push(now + chance.between(0, 3_000));
    }
    mostLive = Math.max(mostLive, live + planned.fires.length);
    if (planned.fires.length > tokens) throw new Error('more than the fleet allows');
    cursor = planned.cursor;
    now = Math.max(now, planned.lookAgainAt) + chance.between(0, 400);
  }
  return { released, judged, mostLive };
}

test.each(['catch-up', 'backfill'] as const)('a %s judges each fire time once, in order, within its rate', (kind) => {
  const chance = seededChance();
  for (let round = 0; round < 60; round += 1) {
    const rate: [number, number] = [chance.between(1, 90), chance.pick([1_000, 10_000])];
    const overlap = chance.pick(
      kind === 'catch-up' ? (['allow', 'buffer-all'] as const) : (['allow', 'skip', 'buffer-all'] as const),
    );
    const { released, judged, mostLive } = playBackfill({ rate, overlap, kind }, chance);
    expect(judged, `TEST_SEED=${chance.seed}`).toEqual(Array.from({ length: 200 }, (_, i) => at(i)));
    if (overlap !== 'allow') expect(mostLive).toBe(1);
    released.forEach((time, i) => {
      const later = released[i + rate[0]];
      if (later !== undefined && later - time < rate[1]) throw new Error(`TEST_SEED=${chance.seed}: too fast`);
    });
  }
});
