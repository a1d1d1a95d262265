import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../core/errors.ts';
import { createEventBus } from '../core/events.ts';
import type { DurationMs } from '../core/time/units.ts';
import { systemClock } from '../runtime/clock.ts';
import { createLoop } from '../runtime/loop.ts';
import { connectRedis } from '../store/connect.ts';
import { waitForBell } from '../store/doorbell.ts';
import { createRunStore, renewLeases } from '../store/runs.ts';
import { createShard, type Shard } from '../store/shard.ts';
import { createWorkerStore, type WorkerInfo } from '../store/workers.ts';
import { CODE_KEEP_MS, SAFE_LEASE_SHARE } from './heartbeat_messages.ts';
import type { FromHeartbeat, HeartbeatSetup, ToHeartbeat } from './heartbeat_messages.ts';
import { readLeaseBoard, type HeldLease } from './lease_board.ts';

/**
 * Entry of the heartbeat thread. One pass: renew every lease on the board, say that the worker lives, publish its code;
 * then wait on the worker's inbox (a cancel, an order) for as long as may pass before the next renewal.
 */
const setup = workerData as HeartbeatSetup;
const port = parentPort;
if (!port) throw new Error('heartbeat_thread is started as a worker thread');

/** Renew three times within a lease, so that two renewals may fail. */
const RENEWALS_PER_LEASE = 3;

let { info, presence } = setup;
let code = setup.code;
const clock = systemClock;
const control = connectRedis(setup.target, 'control', `belfry:heartbeat:${info.id}`);
const inbox = connectRedis(setup.target, 'blocking', `belfry:inbox:${info.id}`);
control.on('error', () => undefined);
inbox.on('error', () => undefined);
// The slices that it uses, and not the whole store: each start of a worker waits for what is loaded here.
const deps = { connection: control, clock, events: createEventBus() };
const shards = Array.from({ length: setup.shards }, (_, index) => createShard(setup.namespace, index, deps));
const workers = createWorkerStore(shards[0] as Shard);
const renewedAt = shards.map(() => clock.monotonic());
let beatAt = -Infinity;
let announcing = Promise.resolve();
let codeAt = -Infinity;
// A Redis that comes back may have lost what the claims compare with: say it again at once.
control.on('close', () => {
  codeAt = -Infinity;
  beatAt = -Infinity;
});

const tell = (message: FromHeartbeat): void => port.postMessage(message);

async function renewShard(shard: number, held: HeldLease[]): Promise<void> {
  const askedAt = clock.monotonic();
  const target = shards[shard];
  if (!target || held.length === 0) {
    renewedAt[shard] = askedAt;
    return;
  }
  try {
    const answers = await renewLeases(target, setup.leaseMs, held);
    renewedAt[shard] = askedAt;
    held.forEach(({ id, token }, i) => {
      if (answers[i] === '0') tell({ kind: 'lost', id, token });
      if (answers[i] === 'c') tell({ kind: 'cancel', id, token });
    });
  } catch (error) {
    tell({ kind: 'error', error: messageOf(error) });
  }
}

/** Runs by itself: a renewal that hangs must not keep the attempts from ending before their leases can move. */
function checkLeases(): void {
  renewedAt.forEach((at, shard) => {
    if (clock.monotonic() - at > setup.leaseMs * SAFE_LEASE_SHARE) tell({ kind: 'expiring', shard });
  });
}

async function beat(): Promise<void> {
  if (clock.monotonic() - beatAt < setup.leaseMs / RENEWALS_PER_LEASE) return;
  const order = presence === 'listed' ? await workers.beat(info, info.keepMs ?? setup.leaseMs * 2) : undefined;
  beatAt = clock.monotonic();
  if (order !== undefined) tell({ kind: 'order', order });
  if (clock.monotonic() - codeAt < CODE_KEEP_MS / 4) return;
  for (const shard of shards) await createRunStore(shard).publishCode(code.name, code.jobs, CODE_KEEP_MS);
  codeAt = clock.monotonic();
}

async function readInbox(waitMs: DurationMs): Promise<void> {
  const [first] = shards;
  if (!first) return;
  const ring = await waitForBell(inbox, [first.key(`wake:worker:${info.id}`)], waitMs);
  const [word, id, token] = ring?.message.split(' ') ?? [];
  if (word === 'cancel' && id !== undefined && token !== undefined) tell({ kind: 'cancel', id, token });
  if (word === 'order') beatAt = -Infinity; // a beat answers the order itself, so a bell that is lost only costs time
}

const loop = createLoop({
  name: 'heartbeat',
  async step() {
    const started = clock.monotonic();
    const held = readLeaseBoard(setup.board);
    await Promise.all(
      shards.map((_, shard) =>
        renewShard(
          shard,
          held.filter((lease) => lease.shard === shard),
        ),
      ),
    );
    await beat();
    tell({ kind: 'beat' });
    const restMs = setup.leaseMs / RENEWALS_PER_LEASE - (clock.monotonic() - started);
    if (restMs > 10) await readInbox(restMs);
    return 0;
  },
  onError: (error) => tell({ kind: 'error', error: messageOf(error) }),
  errorDelayMs: Math.min(100, setup.leaseMs / 20),
});

port.on('message', (message: ToHeartbeat) => {
  if (message.kind === 'info') describe(message.info);
  else if (message.kind === 'stop') void stop();
  else {
    code = message.code;
    codeAt = -Infinity;
    beatAt = -Infinity;
  }
});

/** A worker that begins or stops to claim says so at once: those who restart or scale it wait for that. */
function describe(next: WorkerInfo): void {
  const isNews = presence === 'unlisted' || next.state !== info.state;
  info = next;
  presence = 'listed';
  if (!isNews) return;
  beatAt = -Infinity;
  announcing = beat().catch((error: unknown) => tell({ kind: 'error', error: messageOf(error) }));
}

async function stop(): Promise<void> {
  clearInterval(checking);
  inbox.disconnect();
  await Promise.all([loop.stop(), announcing]); // a beat after the removal would list it again
  await workers.remove(info.id).catch(() => undefined);
  control.disconnect();
  port?.close();
}

await Promise.allSettled([control.connect(), inbox.connect()]);
await loop.start();
const checking = setInterval(checkLeases, setup.leaseMs / 20);
tell({ kind: 'ready' });
