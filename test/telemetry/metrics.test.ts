import { describe, expect, test } from 'vitest';
import { createEventBus, type EventBus } from '../../src/core/events.ts';
import { VERDICT_WORDS, type VerdictWord } from '../../src/core/verdict.ts';
import { countEvents } from '../../src/telemetry/event_counts.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';

function counted(): { events: EventBus; samples: () => Promise<Map<string, number>> } {
  const metrics = createMetrics({
    clock: { now: () => 0, monotonic: () => 0 },
    maxSeries: 100,
    about: { version: '1.2.3', nodeVersion: '20.0.0', tzVersion: '2026a' },
  });
  const events = createEventBus((error) => {
    throw error as Error;
  });
  countEvents(events, metrics.families);
  const samples = async (): Promise<Map<string, number>> => {
    const { pieces } = await metrics.render();
    const lines = Buffer.concat(pieces)
      .toString()
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    return new Map(
      lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
    );
  };
  return { events, samples };
}

const verdict = { job: 'poll', schedule: 'poll', fireTime: 0, lagMs: 0, detail: undefined } as const;
const started = { job: 'poll', queue: 'default', run: 'poll@1', lagMs: 250, waitMs: 250 } as const;

describe('the metrics of events', () => {
  test('time the first attempt of a run from its fire time, and a later one not at all', async () => {
    const { events, samples } = counted();
    events.emit('run.started', { ...started, attempt: 1, origin: 'scheduled' });
    events.emit('run.started', { ...started, attempt: 2, origin: 'scheduled', lagMs: 60_000, waitMs: 60_000 });
    const found = await samples();
    expect(found.get('belfry_schedule_delay_seconds_sum{job_name="poll"}')).toBe(0.25);
    expect(found.get('belfry_schedule_delay_seconds_count{job_name="poll"}')).toBe(1);
    expect(found.get('belfry_queue_wait_seconds_count{queue="default"}')).toBe(1);
  });

  test('do not take an enqueued run for a late schedule', async () => {
    const { events, samples } = counted();
    events.emit('run.started', { ...started, attempt: 1, origin: 'enqueued' });
    const found = await samples();
    expect(found.get('belfry_schedule_delay_seconds_count{job_name="poll"}')).toBeUndefined();
    expect(found.get('belfry_queue_wait_seconds_sum{queue="default"}')).toBe(0.25);
  });

  test('leave out the runs that make up for the past', async () => {
    const { events, samples } = counted();
    events.emit('run.started', { ...started, attempt: 1, origin: 'catch-up' });
    events.emit('run.started', { ...started, attempt: 1, origin: 'backfill' });
    const found = await samples();
    expect(found.get('belfry_schedule_delay_seconds_count{job_name="poll"}')).toBeUndefined();
    expect(found.get('belfry_queue_wait_seconds_count{queue="default"}')).toBeUndefined();
  });

  test('count ends by outcome and time them, a run that lost its last worker included', async () => {
    const { events, samples } = counted();
    const end = { job: 'poll', run: '1', attempt: 1, tookMs: 1_500, error: undefined };
    events.emit('run.finished', { ...end, outcome: 'succeeded' });
    events.emit('run.finished', { ...end, outcome: 'succeeded' });
    events.emit('run.finished', { ...end, outcome: 'dead' });
    events.emit('run.finished', { ...end, outcome: 'cancelled' });
    events.emit('run.finished', { ...end, outcome: 'expired' });
    events.emit('run.expired', { job: 'poll', run: '4' });
    const crash = { job: 'poll', run: '2', worker: 'w', crashes: 1 };
    events.emit('run.crashed', { ...crash, fate: 'retrying' });
    events.emit('run.crashed', { ...crash, fate: 'dead' });
    events.emit('run.retrying', { job: 'poll', run: '3', attempt: 1, delayMs: 10, error: 'no' });
    const found = await samples();
    expect(found.get('belfry_runs_total{job_name="poll",outcome="succeeded"}')).toBe(2);
    expect(found.get('belfry_runs_total{job_name="poll",outcome="dead"}')).toBe(2);
    expect(found.get('belfry_runs_total{job_name="poll",outcome="cancelled"}')).toBe(1);
    expect(found.get('belfry_runs_total{job_name="poll",outcome="expired"}')).toBe(2);
    expect(found.get('belfry_run_duration_seconds_sum{job_name="poll"}')).toBe(7.5);
    expect(found.get('belfry_retries_total{job_name="poll"}')).toBe(2);
  });

  test('count refused runs by reason, with a zero for each, so that the first one can be seen', async () => {
    const { events, samples } = counted();
    events.emit('run.refused', { job: 'poll', run: '1', reason: 'unsigned' });
    const found = await samples();
    expect(found.get('belfry_refused_runs_total{reason="unsigned"}')).toBe(1);
    expect(found.get('belfry_refused_runs_total{reason="bad_signature"}')).toBe(0);
  });

  test('count each fire time that made no run, by its reason, and none that did', async () => {
    const { events, samples } = counted();
    VERDICT_WORDS.forEach((word, i) => events.emit('schedule.verdict', { ...verdict, word, count: i + 1 }));
    const missed = [...(await samples())].filter(([name]) => name.startsWith('belfry_missed_runs_total'));
    const counts = (word: VerdictWord): number => VERDICT_WORDS.indexOf(word) + 1;
    expect(new Map(missed)).toEqual(
      new Map([
        ['belfry_missed_runs_total{job_name="poll",reason="overlap"}', counts('skipped(overlap)')],
        ['belfry_missed_runs_total{job_name="poll",reason="paused"}', counts('skipped(paused)')],
        ['belfry_missed_runs_total{job_name="poll",reason="blackout"}', counts('skipped(blackout)')],
        ['belfry_missed_runs_total{job_name="poll",reason="freeze"}', counts('skipped(freeze)')],
        ['belfry_missed_runs_total{job_name="poll",reason="deadline"}', counts('missed(deadline)')],
        ['belfry_missed_runs_total{job_name="poll",reason="catch_up"}', counts('missed(catch-up)')],
      ]),
    );
  });

  test('count every verdict by its word, and schedules of the API under their job', async () => {
    const { events, samples } = counted();
    for (const word of VERDICT_WORDS) events.emit('schedule.verdict', { ...verdict, word, count: 2 });
    for (const key of ['a', 'b', 'c']) {
      events.emit('schedule.verdict', { ...verdict, schedule: `poll:${key}`, word: 'fired', count: 1 });
    }
    const found = [...(await samples())].filter(([name]) => name.startsWith('belfry_verdicts_total'));
    expect(found).toEqual(
      VERDICT_WORDS.map((word) => [
        `belfry_verdicts_total{job_name="poll",verdict="${word}"}`,
        word === 'fired' ? 5 : 2,
      ]),
    );
  });

  test('count refused writes of leaders and of attempts, from zero', async () => {
    const { events, samples } = counted();
    expect((await samples()).get('belfry_fenced_writes_total{kind="leader"}')).toBe(0);
    events.emit('leader.write_refused', { shard: 0, epoch: '1', script: 'fire' });
    events.emit('attempt.fenced', { job: 'poll', run: '1', kind: 'settle' });
    const found = await samples();
    expect(found.get('belfry_fenced_writes_total{kind="leader"}')).toBe(1);
    expect(found.get('belfry_fenced_writes_total{kind="settle"}')).toBe(1);
    expect(found.get('belfry_fenced_writes_total{kind="heartbeat"}')).toBe(0);
  });

  test('time ticks and calls, in seconds, and keep the last clock skew', async () => {
    const { events, samples } = counted();
    events.emit('tick.done', { shard: 1, tookMs: 5, due: 0, fired: 0, nextDueMs: undefined });
    events.emit('redis.called', { script: 'fire', tookMs: 2 });
    events.emit('clock.measured', { offsetMs: -1_500 });
    events.emit('leader.elected', { shard: 1, epoch: '1', id: 'x' });
    const found = await samples();
    expect(found.get('belfry_tick_duration_seconds_sum{shard="1"}')).toBe(0.005);
    expect(found.get('belfry_redis_command_duration_seconds_sum{script="fire"}')).toBe(0.002);
    expect(found.get('belfry_clock_skew_seconds')).toBe(-1.5);
    expect(found.get('belfry_leader_changes_total{shard="1"}')).toBe(1);
    expect(found.get('belfry_build_info{version="1.2.3",node_version="20.0.0"}')).toBe(1);
  });
});
