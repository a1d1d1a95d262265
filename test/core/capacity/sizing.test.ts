import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assumptionsOf } from '../../../src/core/capacity/assumptions.ts';
import { BYTES, fireCpuUs, REDIS_FIRE, REDIS_RUN, runCpuUs } from '../../../src/core/capacity/costs.ts';
import { CAPACITY_DEFAULTS, type CapacityRequest } from '../../../src/core/capacity/request.ts';
import { sizing, type Sizing } from '../../../src/core/capacity/sizing.ts';
import { BelfryError } from '../../../src/core/errors.ts';

const base: CapacityRequest = { ...CAPACITY_DEFAULTS, runsPerDay: 1_000_000 };
const ask = (over: Partial<CapacityRequest> = {}): Sizing => sizing({ ...base, ...over });

/** What must never shrink when there is more to do. */
const needs = ({ cells, cell, total }: Sizing): Record<string, number> => ({
  cells,
  ...total,
  aof: cells * cell.traffic.aofBytesPerDay,
  received: cells * cell.traffic.receivedBytesPerSecond,
});

const requests = fc.record({
  runsPerDay: fc.double({ min: 0, max: 10, noNaN: true }).map((exponent) => Math.ceil(10 ** exponent)),
  schedules: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 50_000_000 })),
  peakFactor: fc.integer({ min: 1, max: 10 }),
  durationMs: fc.constantFrom(0, 1, 20, 200, 5_000, 60_000),
  payloadBytes: fc.constantFrom(0, 42, 200, 4_096),
  limits: fc.constantFrom('none' as const, 'limited' as const),
  slotsPerWorker: fc.constantFrom(20, 100, 500, 1_000),
});

/** Undefined where no system is enough. */
function tryToSize(request: CapacityRequest): Sizing | undefined {
  try {
    return sizing(request);
  } catch (error) {
    expect(error).toBeInstanceOf(BelfryError);
    return undefined;
  }
}

/** The first of `less` that `more` has fewer of. */
function shrunken(less: Sizing, more: Sizing): string | undefined {
  const after = needs(more);
  return Object.entries(needs(less)).find(([key, value]) => (after[key] ?? 0) < value * (1 - 1e-9))?.[0];
}

describe('a sizing', () => {
  test.each([
    ['runs', (more: number, { runsPerDay }: CapacityRequest) => ({ runsPerDay: Math.ceil(runsPerDay * more) })],
    ['schedules', (more: number, { schedules }: CapacityRequest) => ({ schedules: Math.ceil(schedules * more) + 1 })],
    ['bytes of payload', (more: number, { payloadBytes }: CapacityRequest) => ({ payloadBytes: payloadBytes * more })],
    ['peak', (more: number, { peakFactor }: CapacityRequest) => ({ peakFactor: peakFactor * more })],
    ['length of runs', (more: number, { durationMs }: CapacityRequest) => ({ durationMs: durationMs * more })],
  ])('never needs less for more %s', (_what, grow) => {
    fc.assert(
      fc.property(requests, fc.double({ min: 1, max: 20, noNaN: true }), (drawn, more) => {
        const request = { ...base, ...drawn };
        const less = tryToSize(request);
        const larger = tryToSize({ ...request, ...grow(more, request) });
        if (larger === undefined) return;
        expect(less).toBeDefined();
        if (less !== undefined) expect(shrunken(less, larger)).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });

  test('keeps every master, leader and worker within the headroom, and has slots for the peak', () => {
    fc.assert(
      fc.property(requests, fc.constantFrom(0.2, 0.5, 0.8), (drawn, headroom) => {
        const answer = tryToSize({ ...base, ...drawn, headroom });
        if (answer === undefined) return;
        const { cells, cell, total } = answer;
        expect(cell.cpu.busiestMaster).toBeLessThanOrEqual(headroom);
        expect(cell.cpu.schedulers / (cell.schedulers - 1)).toBeLessThanOrEqual(headroom);
        expect(cell.cpu.workers / cell.workers).toBeLessThanOrEqual(headroom);
        expect(total.workers * cell.slotsPerWorker).toBeGreaterThanOrEqual(total.slotsNeeded - cells);
        expect(cell.slotsPerWorker).toBeLessThanOrEqual(drawn.slotsPerWorker);
      }),
      { numRuns: 300 },
    );
  });

  test('is one Redis, or as many masters as can replace one of them: two cannot', () => {
    expect(ask({ runsPerDay: 6e8, schedules: 50_000 }).cell.masters).toBe(3);
    fc.assert(
      fc.property(requests, (drawn) => {
        const answer = tryToSize({ ...base, ...drawn });
        if (answer !== undefined) expect(answer.cell.masters).toBeOneOf(answer.cells === 1 ? [1, 3] : [3]);
      }),
      { numRuns: 300 },
    );
  });

  test('is one Redis and two of each process for little work', () => {
    const { cells, cell } = ask();
    expect({ cells, masters: cell.masters, schedulers: cell.schedulers, workers: cell.workers }).toEqual({
      cells: 1,
      masters: 1,
      schedulers: 2,
      workers: 2,
    });
  });

  test('takes more masters for less headroom, and for limits and fire times beside plain runs', () => {
    const busy = { runsPerDay: 1e9 };
    const plain = ask(busy).cell.cpu.redis * ask(busy).cells;
    expect(ask({ ...busy, headroom: 0.25 }).total.masters).toBeGreaterThan(ask(busy).total.masters);
    expect(ask({ ...busy, limits: 'limited' }).cell.cpu.redis * ask({ ...busy, limits: 'limited' }).cells).not.toBe(
      plain,
    );
    expect(ask({ runsPerDay: 1e8, schedules: 1 }).cell.cpu.redis).toBeGreaterThan(
      ask({ runsPerDay: 1e8 }).cell.cpu.redis,
    );
  });

  test('keeps history by age, by count of each job and by bytes of each job, whichever is least', () => {
    const one = (over: Partial<CapacityRequest>): number =>
      ask({ payloadBytes: 0, jobs: 10, ...over }).cell.memory.historyBytes;
    expect(one({ runsPerDay: 500, historyAgeMs: 2 * 86_400_000 })).toBeCloseTo(1_000 * BYTES.historyEntry, 5);
    expect(one({ historyCount: 1_000 })).toBeCloseTo(10_000 * BYTES.historyEntry, 5);
    expect(one({ historyCount: 1_000_000, historyBytes: 1_024 })).toBe(10 * 1_024);
  });

  test('counts what waits for as long as the backlog lasts, at the pace of the peak', () => {
    const { memory } = ask({ runsPerDay: 864_000, peakFactor: 2, backlogMs: 60_000, payloadBytes: 0 }).cell;
    expect(memory.backlogBytes).toBeCloseTo(20 * 60 * BYTES.waitingRun, 5);
  });

  test('says what it rests on, cells, shards and schedules too', () => {
    const request = { ...base, runsPerDay: 1e10, schedules: 1_000_000, limits: 'limited' as const };
    const text = assumptionsOf(request, sizing(request)).join('\n');
    expect(text).toMatch(/cells: releases with a namespace/);
    expect(text).toMatch(/owns the slot of one shard/);
    expect(text).toMatch(/fired by a schedule/);
    expect(text).toMatch(/has a rate/);
    expect(assumptionsOf(base, sizing(base)).join('\n')).not.toMatch(/cells/);
  });

  test('refuses with a hint what no system that is modelled carries', () => {
    expect(() => ask({ runsPerDay: 1e13, durationMs: 3_600_000, slotsPerWorker: 10 })).toThrow(
      /no system that is modelled/,
    );
  });
});

describe('costs', () => {
  test('are those of runs alone while there is time, and of batches when there is not', () => {
    const alone = runCpuUs(REDIS_RUN, 10, { pairs: 1, waitMs: 1 });
    expect(alone).toBeCloseTo(10 * (REDIS_RUN.perRunUs + REDIS_RUN.perCallUs), 5);
    const full = runCpuUs(REDIS_RUN, 1e6, { pairs: 1, waitMs: 50 });
    expect(full).toBeCloseTo(1e6 * REDIS_RUN.perRunUs + 20 * REDIS_RUN.perCallUs, 3);
  });

  test('grow with the rate of fires, and with the shards that tick', () => {
    const rates = [1, 10, 100, 1_000, 10_000, 100_000];
    const cpu = rates.map((rate) => fireCpuUs(REDIS_FIRE, rate, 1));
    expect(cpu).toEqual(cpu.toSorted((a, b) => a - b));
    expect(fireCpuUs(REDIS_FIRE, 100_000, 3)).toBeGreaterThan(fireCpuUs(REDIS_FIRE, 100_000, 1));
  });
});
