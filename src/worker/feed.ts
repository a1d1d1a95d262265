import { messageOf } from '../core/errors.ts';
import type { Attempt, Settlement } from '../core/run.ts';
import type { Clock, DurationMs, EpochMs } from '../core/time/units.ts';
import type { Claim, ClaimRequest, Retention, RunStore, SettleEntry } from '../store/runs.ts';
import type { EndedRun } from '../store/unique_runs.ts';
import { SAFE_LEASE_SHARE } from './heartbeat_messages.ts';
import type { Slots } from './slots.ts';

/** Two calls under way: while Redis works on one batch, this process works on the other. */
const MAX_IN_FLIGHT = 2;
const MAX_BATCH = 500;
const RESEND_MS = 250;

/** `row` of an attempt that never began, so it was not put on the lease board. */
export const NO_ROW = -1;
const RELEASED: Settlement = { outcome: 'released' };

/** An attempt that ended; `row` is its place on the lease board until the settlement is confirmed. */
export type Ended = {
  attempt: Attempt;
  row: number;
  settlement: Settlement;
  tookMs: DurationMs;
  /** See LiveAttempt; left out for an attempt that never began. */
  traceparent?: string | undefined;
};

export type FeedDeps = {
  runs: Pick<RunStore, 'claim' | 'settle' | 'heldBy'>;
  slots: Slots;
  clock: Pick<Clock, 'monotonic'>;
  retention: Retention;
  /** Everything of a claim but how many. */
  request: () => Omit<ClaimRequest, 'want'>;
  begin: (attempt: Attempt, now: EpochMs) => void;
  /** The settlement was committed, or refused because the attempt was another's by then. */
  onSettled: (ended: Ended, answer: 'settled' | 'fenced' | 'resent') => void;
  /** Runs that the claim found past their deadline, and ended. */
  onExpired: (runs: EndedRun[]) => void;
  onError: (error: string) => void;
  /** Whether this process knows of the attempt; any other that Redis counts as its own is handed back. */
  knows: (id: string, token: string) => boolean;
};

/**
 * Moves runs between one shard and this process: settles what ended and claims the next in the same call.
 *
 * flowing: the last claim was filled, there is likely more: claim as slots free up.
 * dry: the last claim came back short; nothing is asked for (beyond what a settle carries) until a bell rings.
 */
export type Feed = {
  end(ended: Ended): void;
  /** There may be something to claim. */
  ring(): void;
  /** Resolves when the shard is dry and slots are free: then a bell is worth waiting for. */
  untilDry(): Promise<void>;
  stopClaiming(): void;
  /** Resolves when everything that ended is settled and no call is under way, or after the deadline signal. */
  untilSettled(deadline: AbortSignal): Promise<void>;
};

type Asked = { lent: number; askedAt: number; leaseMs: DurationMs };
type Batch = { ended: Ended[]; lent: number };

export function createFeed(deps: FeedDeps): Feed {
  const { runs, slots, retention } = deps;
  let outbox: Ended[] = [];
  const resent = new WeakSet<Ended>();
  let inFlight = 0;
  let flow: 'flowing' | 'dry' | 'closed' = 'dry';
  let rung = false;
  let scheduled = false;
  let uncertain = false;
  /** Nobody waits for the answers any more: what could not be settled is left to the end of its leases. */
  let isOver = false;
  let watchers: (() => void)[] = [];

  const notify = (): void => {
    const callbacks = watchers;
    watchers = [];
    for (const callback of callbacks) callback();
  };

  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      pump();
    });
  };

  /** No claim and no settlement is to come that would look for what a lost reply has left behind, see `handBackUnknown`. */
  const owesLook = (): boolean => uncertain && flow === 'closed' && inFlight === 0 && !isOver;

  const pump = (): void => {
    while (inFlight < MAX_IN_FLIGHT) {
      const ended = outbox.length <= MAX_BATCH ? outbox : outbox.slice(0, MAX_BATCH);
      outbox = outbox.length <= MAX_BATCH ? [] : outbox.slice(MAX_BATCH);
      const wants = flow !== 'closed' && (ended.length > 0 || flow === 'flowing' || rung);
      const half = Math.max(1, Math.ceil(slots.total / 2));
      const lent = slots.lend(ended.length, wants ? Math.min(half, MAX_BATCH) : 0);
      if (ended.length === 0 && lent === 0 && !owesLook()) return;
      if (lent > 0) rung = false;
      void send({ ended, lent });
    }
  };

  const send = async (batch: Batch): Promise<void> => {
    inFlight += 1;
    try {
      await exchange(batch);
    } catch (error) {
      deps.onError(messageOf(error));
      uncertain = true;
      slots.giveBack(batch.lent, 0, batch.ended.length);
      if (isOver) return;
      await new Promise((resolve) => setTimeout(resolve, RESEND_MS));
      resend(batch);
    } finally {
      inFlight -= 1;
      notify();
      pump();
    }
  };

  const resend = ({ ended }: Batch): void => {
    for (const item of ended) resent.add(item);
    outbox = [...ended, ...outbox];
    rung = true;
  };

  const exchange = async ({ ended, lent }: Batch): Promise<void> => {
    if (uncertain) await handBackUnknown();
    if (ended.length === 0 && lent === 0) return;
    const request = lent > 0 ? { ...deps.request(), want: lent } : undefined;
    const askedAt = deps.clock.monotonic();
    if (ended.length === 0) {
      if (request) receive(await runs.claim(request, retention), { lent, askedAt, leaseMs: request.leaseMs });
      return;
    }
    const { settled, claim } = await runs.settle(ended.map(entryOf), retention, request);
    ended.forEach((item, i) => {
      deps.onSettled(item, settled[i] ? 'settled' : resent.has(item) ? 'resent' : 'fenced');
    });
    if (claim && request) receive(claim, { lent, askedAt, leaseMs: request.leaseMs });
    else slots.giveBack(lent, 0, 0);
  };

  const receive = (claim: Claim, { lent, askedAt, leaseMs }: Asked): void => {
    slots.giveBack(lent, claim.attempts.length, 0);
    if (claim.expired !== undefined) deps.onExpired(claim.expired);
    // After a pause of the process the leases of the claim may be another's: what was claimed goes back unbegun.
    const isStale = deps.clock.monotonic() - askedAt > leaseMs * SAFE_LEASE_SHARE;
    if (flow === 'closed' || isStale) {
      outbox.push(...claim.attempts.map((attempt) => ({ attempt, row: NO_ROW, settlement: RELEASED, tookMs: 0 })));
      return;
    }
    flow = claim.more || claim.attempts.length === lent ? 'flowing' : 'dry';
    for (const attempt of claim.attempts) deps.begin(attempt, claim.now);
  };

  /** A claim whose reply was lost leaves runs leased to nobody's knowledge: they go back, uncounted, before anything else. */
  const handBackUnknown = async (): Promise<void> => {
    const { worker } = deps.request();
    const unknown = (await runs.heldBy(worker)).filter(({ id, token }) => !deps.knows(id, token));
    const entries: SettleEntry[] = unknown.map(({ id, token }) => ({ id, token, settlement: RELEASED }));
    if (entries.length > 0) await runs.settle(entries, retention);
    uncertain = false;
  };

  return {
    end(ended) {
      outbox.push(ended);
      schedule();
    },
    ring() {
      rung = true;
      pump();
    },
    async untilDry() {
      while (flow !== 'closed' && (flow === 'flowing' || rung || inFlight > 0 || slots.available() <= 0)) {
        await new Promise<void>((resolve) => {
          watchers.push(resolve);
          if (inFlight === 0) slots.whenAvailable(resolve);
        });
        if (inFlight === 0 && slots.available() > 0) pump();
      }
    },
    stopClaiming() {
      flow = 'closed';
      notify();
    },
    async untilSettled(deadline) {
      deadline.addEventListener('abort', notify, { once: true });
      pump();
      while ((outbox.length > 0 || inFlight > 0 || uncertain) && !deadline.aborted) {
        await new Promise<void>((resolve) => watchers.push(resolve));
      }
      deadline.removeEventListener('abort', notify);
      isOver = true;
    },
  };
}

function entryOf({ attempt, settlement }: Ended): SettleEntry {
  return { id: attempt.run.id, token: attempt.token, settlement };
}
