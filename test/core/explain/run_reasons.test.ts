import { describe, expect, test } from 'vitest';
import { reasonsOfReady, type ListeningWorker, type ReadyFacts } from '../../../src/core/explain/run_reasons.ts';

const worker = (over: Partial<ListeningWorker> = {}): ListeningWorker => ({
  id: 'w1',
  pool: 'default',
  host: 'h',
  version: '1',
  queues: ['*'],
  slots: 10,
  busy: 10,
  state: 'running',
  code: 'has-job',
  ...over,
});

const ask = (over: Partial<ReadyFacts> = {}) =>
  reasonsOfReady({
    queue: 'mail',
    place: { ahead: 3, moreUrgent: 2 },
    limits: [],
    workers: [worker()],
    ...over,
  });

describe('a ready run', () => {
  test('of a paused queue says who has paused it, before what else holds it up', () => {
    const pause = { at: 5, by: 'ada', note: 'the partner is down' };
    expect(ask({ pause })).toEqual([
      { kind: 'queue-paused', queue: 'mail', pause },
      { kind: 'busy', slots: 10, free: 0, ahead: 3, moreUrgent: 2 },
    ]);
    // With slots that are free nothing but the pause holds it.
    expect(ask({ pause, workers: [worker({ busy: 1 })] })).toEqual([{ kind: 'queue-paused', queue: 'mail', pause }]);
    expect(ask({ pause: 'unknown' })[0]).toEqual({ kind: 'queue-paused', queue: 'mail', pause: undefined });
  });

  test('is asked for by a worker that names its queue with a weight', () => {
    expect(ask({ workers: [worker({ queues: ['mail:6', 'sms:3'] })] })).toMatchObject([{ kind: 'busy', slots: 10 }]);
    expect(ask({ workers: [worker({ queues: ['sms:3'] })] })).toEqual([{ kind: 'no-worker', queue: 'mail' }]);
  });

  test('waits for slots of the workers that can run it', () => {
    expect(
      ask({ workers: [worker(), worker({ slots: 4, busy: 1 }), worker({ slots: 9, busy: 0, queues: ['sms'] })] }),
    ).toEqual([{ kind: 'busy', slots: 14, free: 3, ahead: 3, moreUrgent: 2 }]);
  });

  test('waits for a worker where none listens to its queue', () => {
    expect(ask({ workers: [] })).toEqual([{ kind: 'no-worker', queue: 'mail' }]);
    expect(ask({ workers: [worker({ queues: ['sms'] })] })).toEqual([{ kind: 'no-worker', queue: 'mail' }]);
  });

  test('does not count on a worker that is stopping', () => {
    expect(ask({ workers: [worker({ state: 'draining' })] })).toEqual([{ kind: 'no-worker', queue: 'mail' }]);
  });

  test('names the workers and versions that listen and have no code for it', () => {
    expect(ask({ workers: [worker({ code: 'lacks-job', version: '0.9' })] })).toEqual([
      { kind: 'no-code', queue: 'mail', workers: [{ id: 'w1', pool: 'default', host: 'h', version: '0.9' }] },
    ]);
  });

  test('is held back by its limits first, and by what else there is', () => {
    const limits = [{ kind: 'order', key: 'account:7', turn: 'r1' } as const];
    const place = { ahead: 0, moreUrgent: 0 };
    expect(ask({ place, limits })).toEqual([...limits, { kind: 'busy', slots: 10, free: 0, ahead: 0, moreUrgent: 0 }]);
    expect(ask({ place, limits, workers: [] })).toEqual([...limits, { kind: 'no-worker', queue: 'mail' }]);
  });
});
