import type { Settlement } from '../core/run.ts';
import type { EpochMs } from '../core/time/units.ts';
import type { Claim, ClaimRequest } from '../store/runs.ts';
import { isOutage } from './outage.ts';
import { KEEP_ALL, type World } from './world.ts';

/** Beyond the end of any run: simulated workers do not die, so none loses a lease. */
const LEASE_MARGIN_MS = 86_400_000;
const CODE = 'simulation';
/** A worker learns of a cancel when it renews its leases. */
const CANCEL_HEARD_MS = 1_000;
const CLAIM_SIZE = 1_000;

const SUCCEEDED: Settlement = { outcome: 'succeeded', bodyJson: '{}', logged: false };
const CANCELLED: Settlement = { outcome: 'cancelled', bodyJson: '{}', logged: false };

type Running = { token: string; endsAt: EpochMs; settlement: Settlement };

/** Workers that hold their runs for a while and settle them, with the real scripts. */
export type SimulatedWorkers = {
  start(): Promise<void>;
  /** Claims what is ready, as far as slots are free. */
  look(): Promise<void>;
  /** How often each run was started. */
  starts(): ReadonlyMap<string, number>;
};

/** `onSettled` is called when runs have ended: their ends may have given schedules a due time. */
export function createWorkers(world: World, onSettled: () => Promise<void>): SimulatedWorkers {
  const { timeline, store, outage, request, random } = world;
  const { fromMs, toMs } = request.duration;
  const queues = [...new Set(request.jobs.map(({ queue }) => queue))];
  const mayCancel = request.jobs.some(({ schedule }) => schedule?.o === 'cancel');
  const running = new Map<string, Running>();
  const ending = new Map<EpochMs, string[]>();
  const starts = new Map<string, number>();

  const endAt = (id: string, at: EpochMs): void => {
    const together = ending.get(at);
    if (together !== undefined) return void together.push(id);
    ending.set(at, [id]);
    timeline.at(at, () => settle(at));
  };

  /** As much as `slots` can take; undefined for nothing. */
  const wish = (slots: number): ClaimRequest | undefined => {
    const want = Math.min(slots, CLAIM_SIZE);
    return want <= 0 ? undefined : { worker: 'simulated', leaseMs: toMs + LEASE_MARGIN_MS, want, code: CODE, queues };
  };

  const begin = ({ attempts, more }: Claim): 'more' | 'done' => {
    for (const { run, token } of attempts) {
      const endsAt = timeline.now() + Math.round(fromMs + random() * (toMs - fromMs));
      starts.set(run.id, (starts.get(run.id) ?? 0) + 1);
      running.set(run.id, { token, endsAt, settlement: SUCCEEDED });
      endAt(run.id, endsAt);
    }
    return more && attempts.length > 0 ? 'more' : 'done';
  };

  const hearCancels = async (): Promise<void> => {
    for (const id of await store.shard.connection.hkeys(store.shard.key('cancels'))) {
      const held = running.get(id);
      const at = timeline.now() + CANCEL_HEARD_MS;
      if (held === undefined || held.settlement === CANCELLED || held.endsAt <= at) continue;
      running.set(id, { ...held, endsAt: at, settlement: CANCELLED });
      endAt(id, at);
    }
  };

  const look = async (): Promise<void> => {
    try {
      let left: 'more' | 'done' = 'more';
      while (left === 'more') {
        const wanted = wish(request.slots - running.size);
        left = wanted === undefined ? 'done' : begin(await store.runs.claim(wanted, KEEP_ALL));
      }
      if (mayCancel) await hearCancels();
    } catch (error) {
      if (!isOutage(error)) throw error;
      retryAfterOutage(look);
    }
  };

  /** Ends the runs whose time it is; one whose end was moved is left to its new one. */
  const settle = async (at: EpochMs): Promise<void> => {
    const ids = (ending.get(at) ?? []).filter((id) => running.get(id)?.endsAt === at);
    if (ids.length === 0) return void ending.delete(at);
    let claim: Claim | undefined;
    try {
      const entries = ids.map((id) => ({ id, ...(running.get(id) as Running) }));
      ({ claim } = await store.runs.settle(entries, KEEP_ALL, wish(request.slots - running.size + ids.length)));
    } catch (error) {
      if (!isOutage(error)) throw error;
      retryAfterOutage(() => settle(at));
      return;
    }
    ending.delete(at);
    for (const id of ids) running.delete(id);
    if (claim !== undefined && begin(claim) === 'more') await look();
    await onSettled();
  };

  const retryAfterOutage = (act: () => Promise<void>): void => {
    timeline.at(outage.endAt(timeline.now()) ?? timeline.now() + 1, act);
  };

  return {
    start: () =>
      store.runs.publishCode(
        CODE,
        request.jobs.map(({ name }) => name),
        2 ** 31,
      ),
    look,
    starts: () => starts,
  };
}
