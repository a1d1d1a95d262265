import { AssertionError } from 'node:assert';
import type { Json } from '../core/job.ts';
import { scheduleOf, type Attempt } from '../core/run.ts';
import type { EpochMs } from '../core/time/units.ts';
import { createAttempts } from '../worker/attempts.ts';
import { createCode, type Code } from '../worker/code.ts';
import type { Ended } from '../worker/feed.ts';
import { createLeaseBoard } from '../worker/lease_board.ts';
import { reportSettled } from '../worker/report.ts';
import { endOf, type AttemptEnd } from './attempt_end.ts';
import { KEEP_ALL, type TestEngine } from './engine.ts';
import type { TestLeader } from './leader.ts';
import { wholeDelay } from './whole_delay.ts';
import type { LoggedLine } from './log_line.ts';

/** An attempt that `drain` or `play` has run. */
export type TestAttempt = AttemptEnd & {
  id: string;
  job: string;
  queue: string;
  /** The schedule that fired it; undefined for an enqueued run. */
  schedule: string | undefined;
  fireTime: EpochMs;
  payload: Json;
  /** 1 for the first. */
  attempt: number;
  logs: LoggedLine[];
};

export type TestWorker = {
  /** Runs what is ready in these queues, and what that makes ready, one after the other. */
  drain(queues: readonly string[], most: number): Promise<TestAttempt[]>;
};

const WORKER = 'testing';
/** Nothing else takes a run from a test. */
const FOR_EVER_MS = 2 ** 40;
const LIMITS = { resultBytes: 1_048_576, logBytes: 16 * 1_048_576, logKeepMs: FOR_EVER_MS };

export async function createTestWorker(engine: TestEngine, leader: TestLeader): Promise<TestWorker> {
  const { shard } = engine;
  const code = createCode([...engine.definitions.values()]);
  await shard.runs.publishCode(code.name, [...code.jobs.keys()], FOR_EVER_MS);
  const attemptOne = createAttemptOne(engine, code);

  /** The next attempt; undefined where nothing is ready. */
  const claim = async (queues: readonly string[]): Promise<{ attempt: Attempt; now: EpochMs } | undefined> => {
    const request = { worker: WORKER, leaseMs: FOR_EVER_MS, want: 1, code: code.name, queues: [...queues] };
    for (let looks = 0; looks < 2; looks += 1) {
      const { attempts, now, expired } = await shard.runs.claim(request, KEEP_ALL);
      for (const run of expired ?? []) engine.events.emit('run.expired', { job: run.job, run: run.id });
      if (attempts[0] !== undefined) return { attempt: attempts[0], now };
      if (expired !== undefined) looks = -1;
      else if (looks === 0) await leader.pass();
    }
    return undefined;
  };

  return {
    async drain(queues, most) {
      const ran: TestAttempt[] = [];
      for (;;) {
        const claimed = await claim(queues);
        if (claimed === undefined) return ran;
        if (ran.length === most) throw endless(claimed.attempt.run.job, most);
        ran.push(await attemptOne(claimed.attempt, claimed.now));
      }
    },
  };
}

/** Runs an attempt as a worker does, and settles it. */
function createAttemptOne(engine: TestEngine, code: Code): (attempt: Attempt, now: EpochMs) => Promise<TestAttempt> {
  const { store, shard, client, clock, events, seal, kin, tracing } = engine;
  let end: (ended: Ended) => void = () => undefined;
  const attempts = createAttempts(
    {
      store,
      board: createLeaseBoard(1),
      code: () => code,
      enqueueMany: client.enqueueMany,
      clock,
      events,
      seal,
      kin,
      tracing,
      onEnd: (_shard, ended) => end(ended),
    },
    { killAfterMs: 1_000, limits: LIMITS, runLogs: 'store', cacheDirectory: undefined, random: wholeDelay },
  );
  return async (attempt, now) => {
    const { run, token } = attempt;
    const logs: LoggedLine[] = [];
    const stopListening = events.on('run.log', ({ run: id, level, message, fields }) => {
      if (id === run.id) logs.push({ level, message, fields });
    });
    const ended = await new Promise<Ended>((resolve) => {
      end = resolve;
      attempts.begin(shard, attempt, now);
    });
    stopListening();
    const { settled } = await shard.runs.settle([{ id: run.id, token, settlement: ended.settlement }], KEEP_ALL);
    attempts.settled(ended);
    reportSettled(events, ended, settled[0] === true ? 'settled' : 'fenced');
    const { id, job, queue, fireTime } = run;
    return {
      id,
      job,
      queue,
      schedule: scheduleOf(id),
      fireTime,
      payload: JSON.parse(run.payloadJson) as Json,
      attempt: run.attempts + 1,
      logs,
      ...endOf(ended.settlement),
    };
  };
}

function endless(job: string, most: number): AssertionError {
  return new AssertionError({
    message: `${most} attempts were made and a run of ${job} is ready: does a job enqueue itself? (see \`most\`)`,
    operator: 'drain',
    actual: `more than ${most} attempts`,
    expected: 'an end',
  });
}
