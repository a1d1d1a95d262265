import { describe, expect, test } from 'vitest';
import { createEventBus } from '../../src/core/events.ts';
import type { Audience } from '../../src/telemetry/event_lines.ts';
import { createLog, type LogLine } from '../../src/telemetry/log.ts';
import { logEvents } from '../../src/telemetry/log_events.ts';

const finished = { job: 'poll', run: 'poll@1', attempt: 1, tookMs: 12, error: undefined };

function listen(audience: Audience, level: LogLine = 'info') {
  const lines: string[] = [];
  const log = createLog({ level, format: 'json', colour: 'off', write: (line) => void lines.push(line) });
  const events = createEventBus();
  let now = 0;
  const end = logEvents(events, log, { audience, clock: { now: () => 0, monotonic: () => now } });
  const read = (): Record<string, unknown>[] => lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  return { events, read, end, wait: (ms: number) => (now += ms) };
}

describe('the log', () => {
  test('of a busy system in good health says nothing of single runs, and does not listen to them', () => {
    const { events, read } = listen('operator');
    events.emit('run.finished', { ...finished, outcome: 'succeeded' });
    events.emit('run.log', {
      attempt: 1,
      at: 0,
      job: 'poll',
      run: 'poll@1',
      level: 'error',
      message: 'said by the job',
      fields: undefined,
    });
    events.emit('tick.done', { shard: 0, tookMs: 1, due: 1, fired: 1, nextDueMs: undefined });
    expect(read()).toEqual([]);
    expect(events.heard('run.started')).toBe(false);
    expect(events.heard('run.log')).toBe(false);
  });

  test('tells a dead run as an error and a retry as a warning, with the run', () => {
    const { events, read } = listen('operator');
    events.emit('run.finished', { ...finished, outcome: 'dead', error: 'no such partner' });
    events.emit('run.retrying', { job: 'poll', run: 'poll@1', attempt: 2, delayMs: 1_500, error: 'timed out' });
    expect(read()).toMatchObject([
      { level: 'error', msg: 'poll is dead: no such partner', run: 'poll@1' },
      { level: 'warn', msg: 'poll failed and is tried again in 1s 500ms: timed out', attempt: 2 },
    ]);
    expect(read()[0]?.['time']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  test('shows a developer each run and what it logs', () => {
    const { events, read } = listen('developer');
    events.emit('run.log', {
      attempt: 1,
      at: 0,
      job: 'poll',
      run: 'poll@1',
      level: 'warn',
      message: 'slow',
      fields: { tookMs: 3 },
    });
    events.emit('run.finished', { ...finished, outcome: 'succeeded' });
    expect(read()).toMatchObject([
      { level: 'warn', msg: 'poll: slow', tookMs: 3 },
      { level: 'info', msg: 'poll succeeded after 12ms' },
    ]);
  });

  test('keeps its own fields when a job logs some of the same name', () => {
    const { events, read } = listen('developer');
    events.emit('run.log', {
      attempt: 1,
      at: 0,
      job: 'j',
      run: 'r',
      level: 'info',
      message: 'm',
      fields: { level: 'x', msg: 'y', time: 'z' },
    });
    expect(read()).toMatchObject([{ level: 'info', msg: 'j: m', fields: { level: 'x' } }]);
  });

  test('tells a trouble that repeats once in half a minute', () => {
    const { events, read, wait } = listen('operator');
    for (let i = 0; i < 100; i += 1) events.emit('tick.failed', { shard: 0, error: 'Command timed out' });
    expect(read()).toHaveLength(1);
    wait(30_000);
    events.emit('tick.failed', { shard: 0, error: 'Command timed out' });
    expect(read()).toHaveLength(2);
  });

  test('says that Redis is away once, whatever fails because of it', () => {
    const { events, read } = listen('operator');
    events.emit('redis.lost', { reason: 'Redis cannot be reached: connect ECONNREFUSED' });
    events.emit('tick.failed', { shard: 0, error: 'Redis cannot be reached: Connection is closed.' });
    events.emit('worker.claim_failed', { worker: 'w', shard: 0, error: 'Connection is closed.' });
    events.emit('leader.lost', { shard: 0, epoch: '1', reason: 'the connection to Redis was lost: closed' });
    events.emit('redis.back', { downMs: 4_000 });
    expect(read().map(({ msg }) => msg)).toEqual([
      'waiting for Redis: Redis cannot be reached: connect ECONNREFUSED',
      'Redis is back after 4s',
    ]);
  });

  test('is silent after its end', () => {
    const { events, read, end } = listen('operator');
    end();
    events.emit('redis.lost', { reason: 'gone' });
    expect(read()).toEqual([]);
  });
});
