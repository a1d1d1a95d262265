import { describe, expect, test } from 'vitest';
import type { Backfill } from '../../../src/core/backfill.ts';
import { compileSchedule } from '../../../src/core/compiled_schedule.ts';
import { standingOf, type FireTimeFacts, type Standing } from '../../../src/core/explain/fire_time.ts';
import type { ScheduleRule } from '../../../src/core/schedule.ts';
import type { StoredSchedule } from '../../../src/core/stored_schedule.ts';
import { unpackLedgerEntry } from '../../../src/core/verdict.ts';

const at = (time: string): number => Date.parse(`2026-11-23T${time}:00Z`);
const NOW = at('12:30');

type Given = Partial<Omit<FireTimeFacts, 'stored' | 'compiled' | 'ledger'>> & {
  rule?: ScheduleRule;
  stored?: Partial<StoredSchedule>;
  /** Newest first, as it is kept. */
  ledger?: string[];
};

function ask(fireTime: number, { rule = { c: '0 * * * *' }, stored, ledger = [], ...facts }: Given = {}): Standing {
  const schedule: StoredSchedule = {
    id: 'report',
    revision: 3,
    state: 'active',
    next: at('13:00'),
    last: at('12:00'),
    made: 0,
    others: '-',
    ruleJson: JSON.stringify(rule),
    ...stored,
  };
  const compiled = compileSchedule('report', rule);
  return standingOf(
    {
      registeredAt: at('06:00'),
      freezes: [],
      backfills: [],
      excludedBy: () => [],
      ...facts,
      stored: schedule,
      compiled,
      ledger: ledger.map(unpackLedgerEntry),
    },
    fireTime,
    NOW,
  );
}

const verdictsOf = (standing: Standing) => (standing.kind === 'judged' ? standing.verdicts : []);

describe('a fire time that was judged', () => {
  test('is told with its verdict, and with how late it was', () => {
    const ledger = [`report late ${at('12:00')} =2500`, `report fired ${at('11:00')}`];
    expect(verdictsOf(ask(at('12:00'), { ledger }))).toEqual([
      { word: 'late', from: at('12:00'), to: at('12:00'), count: 1, lateMs: 2_500, reason: undefined },
    ]);
    expect(verdictsOf(ask(at('11:00'), { ledger }))[0]).toMatchObject({ word: 'fired', lateMs: undefined });
  });

  test('is found inside a verdict over neighbours, and merged into the next run that was made', () => {
    const ledger = [
      `other caught-up ${at('11:00')} =1`,
      `report caught-up ${at('12:00')} =9000`,
      `report merged ${at('08:00')}..${at('11:00')} 4`,
    ];
    expect(verdictsOf(ask(at('09:00'), { ledger }))).toEqual([
      {
        word: 'merged',
        from: at('08:00'),
        to: at('11:00'),
        count: 4,
        lateMs: undefined,
        reason: { kind: 'merged-into', fireTime: at('12:00') },
      },
    ]);
  });

  test('is not taken for one inside a range that the rule does not name', () => {
    const ledger = [`report merged ${at('08:00')}..${at('11:00')} 4`];
    expect(ask(at('09:30'), { ledger })).toMatchObject({ kind: 'no-fire-time' });
  });

  test('is told even where the rule names it no longer', () => {
    expect(verdictsOf(ask(at('09:30'), { ledger: [`report fired ${at('09:30')}`] }))).toHaveLength(1);
  });

  test('has two verdicts where somebody has backfilled it', () => {
    const ledger = [`report backfilled ${at('09:00')}`, `report missed(deadline) ${at('09:00')}`];
    const rule = { c: '0 * * * *', d: 60_000 };
    expect(verdictsOf(ask(at('09:00'), { rule, ledger })).map(({ word, reason }) => [word, reason])).toEqual([
      ['backfilled', undefined],
      ['missed(deadline)', { kind: 'deadline', deadlineMs: 60_000 }],
    ]);
  });

  test('says why it was skipped or missed, as far as that is stored', () => {
    const freeze = { id: 'f1', from: at('09:30'), until: at('10:30'), by: 'ada', why: 'migration' };
    const reason = (word: string, given: Given = {}): unknown =>
      verdictsOf(ask(at('10:00'), { ...given, ledger: [`report ${word}`.replace('T', String(at('10:00')))] }))[0]
        ?.reason;
    expect(reason('skipped(overlap) T =report@5')).toEqual({ kind: 'run-lived', run: 'report@5' });
    expect(reason('skipped(overlap) T')).toBeUndefined();
    expect(reason('skipped(freeze) T', { freezes: [freeze] })).toEqual({
      kind: 'freeze',
      by: 'ada',
      why: 'migration',
      from: freeze.from,
      until: freeze.until,
    });
    expect(reason('skipped(freeze) T')).toBeUndefined();
    const blackout: ScheduleRule = { c: '0 * * * *', bl: [[at('09:30'), at('10:30')]] };
    expect(reason('skipped(blackout) T', { rule: blackout })).toEqual({ kind: 'blackout' });
    expect(reason('skipped(blackout) T')).toBeUndefined();
    expect(reason('missed(catch-up) T', { rule: { c: '0 * * * *', m: 'none' } })).toEqual({
      kind: 'catch-up',
      policy: 'none',
      windowMs: 86_400_000,
    });
  });
});

describe('a fire time without a verdict', () => {
  test('is to come, with its due time', () => {
    expect(ask(at('15:00'))).toEqual({ kind: 'to-come', due: at('15:00'), skipped: undefined });
  });

  test('is to come and will be skipped in a freeze or a blackout', () => {
    const freeze = { id: 'f1', from: at('14:30'), until: at('15:30'), by: 'ada', why: 'migration' };
    expect(ask(at('15:00'), { freezes: [freeze] })).toMatchObject({ skipped: 'freeze' });
    expect(ask(at('16:00'), { freezes: [freeze] })).toMatchObject({ skipped: undefined });
    const delayed: ScheduleRule = { c: '0 * * * *', k: 1_800_000 };
    const standing = ask(at('15:00'), { rule: delayed }) as { due: number };
    const later = { ...freeze, from: standing.due, until: standing.due + 1 };
    expect(ask(at('15:00'), { rule: delayed, freezes: [later] })).toMatchObject({ skipped: 'freeze' });
    const rule: ScheduleRule = { c: '0 * * * *', bl: [[at('14:30'), at('15:30')]] };
    expect(ask(at('15:00'), { rule })).toMatchObject({ skipped: 'blackout' });
  });

  test('is pending where it was due and the scheduler has not come to it', () => {
    expect(ask(at('12:00'), { stored: { next: at('12:00') } })).toEqual({ kind: 'pending', due: at('12:00') });
  });

  test('is not pending before its due time', () => {
    const rule: ScheduleRule = { c: '0 * * * *', k: 3_599_000 };
    const compiled = compileSchedule('report', rule);
    expect(compiled.windowMs).toBe(3_599_000);
    const standing = ask(at('12:00'), { rule, stored: { next: at('12:00') } });
    expect(['pending', 'to-come']).toContain(standing.kind);
    const due = 'due' in standing ? standing.due : 0;
    expect(standing.kind).toBe(due <= NOW ? 'pending' : 'to-come');
    expect(due).toBeGreaterThan(at('12:00'));
  });

  test('waits in a catch-up that has not come to it', () => {
    const backfill: Backfill = {
      id: 'report!1',
      cursor: at('08:00'),
      released: 2,
      spec: {
        schedule: 'report',
        kind: 'catch-up',
        from: at('07:00'),
        to: at('11:00'),
        overlap: 'allow',
        rate: [60, 60_000],
        ruleJson: '{}',
        at: NOW,
      },
    };
    expect(ask(at('09:00'), { backfills: [backfill] })).toEqual({
      kind: 'to-release',
      backfill: 'report!1',
      what: 'catch-up',
      cursor: at('08:00'),
      to: at('11:00'),
    });
    expect(ask(at('11:00'), { backfills: [backfill] }).kind).toBe('unrecorded');
  });

  test('was before the job, or is older than what the ledger keeps, or has no verdict all the same', () => {
    expect(ask(at('05:00'))).toEqual({ kind: 'before-registration', registeredAt: at('06:00') });
    const ledger = [`report fired ${at('12:00')}`, `report:key fired ${at('10:30')}`];
    expect(ask(at('09:00'), { ledger })).toEqual({ kind: 'forgotten', oldest: at('10:30') });
    expect(ask(at('11:00'), { ledger })).toEqual({ kind: 'unrecorded', revision: 3 });
  });
});

describe('an instant that is no fire time', () => {
  test('has its neighbours named', () => {
    expect(ask(at('12:10'))).toEqual({
      kind: 'no-fire-time',
      excludedBy: [],
      before: at('12:00'),
      after: at('13:00'),
    });
  });

  test('has the calendars named that leave it out', () => {
    const rule: ScheduleRule = { c: '0 * * * *', x: [{ c: '0 15 * * *' }] };
    const standing = ask(at('15:00'), { rule, excludedBy: () => ['holidays'] });
    expect(standing).toMatchObject({ kind: 'no-fire-time', excludedBy: ['holidays'], before: at('14:00') });
  });
});
