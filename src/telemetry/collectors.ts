import type { Drift } from '../client/drift.ts';
import type { Metrics } from './metrics.ts';
import { withinScrape } from './scrape_limit.ts';

type Into = Pick<Metrics, 'families' | 'onScrape'>;

/** Whether Redis answers this process: asked at each scrape. */
export function collectRedis({ families, onScrape }: Into, ask: () => Promise<unknown>): void {
  const up = families.gauge({
    name: 'belfry_redis_up',
    help: '1 while Redis answers this process, 0 while it does not.',
  });
  onScrape(async () => {
    up.set(
      await withinScrape(ask()).then(
        () => 1,
        () => 0,
      ),
    );
  });
}

/** What a scheduler knows of itself. */
export type SchedulerSource = {
  shards: number;
  leads: () => { shard: number }[];
  abstention: () => object | undefined;
};

/** Which shards this process leads, and whether it may. Over all processes the sum for a shard is 1. */
export function collectScheduler({ families, onScrape }: Into, { shards, leads, abstention }: SchedulerSource): void {
  const leader = families.gauge({
    name: 'belfry_scheduler_leader',
    help: '1 while this process leads the shard, else 0.',
    labels: ['shard'],
  });
  const abstains = families.gauge({
    name: 'belfry_scheduler_abstains',
    help: '1 while this process does not lead because a live replica has newer time zone data, else 0.',
  });
  onScrape(() => {
    const led = new Set(leads().map(({ shard }) => shard));
    leader.clear();
    for (let shard = 0; shard < shards; shard += 1) leader.put(led.has(shard) ? 1 : 0, String(shard));
    abstains.set(abstention() === undefined ? 0 : 1);
  });
}

/** Left out while it is not known. */
export function collectDrift({ families, onScrape }: Into, read: () => Drift | undefined): void {
  const drift = families.gauge({
    name: 'belfry_registration_drift_jobs',
    help: "Jobs that a registration of this process's jobs folder would change now: added, changed or removed.",
    labels: ['kind'],
  });
  onScrape(() => {
    const found = read();
    drift.clear();
    for (const [kind, count] of Object.entries(found ?? {})) drift.put(count, kind);
  });
}

/** Start of the oldest live attempt by job, epoch ms. */
export type OldestStarts = ReadonlyMap<string, number>;

/** What the workers of this process run now. */
export function collectAttempts({ families, onScrape }: Into, oldestStarts: () => OldestStarts): void {
  const oldest = families.gauge({
    name: 'belfry_job_oldest_running_start_timestamp_seconds',
    help: 'Start of the oldest attempt of the job that runs in this process now; no sample while none runs.',
    labels: ['job_name'],
  });
  onScrape(() => {
    oldest.clear();
    const byLabel = new Map<string, number>();
    for (const [job, at] of oldestStarts()) {
      const label = families.fold('job_name')?.admit(job) ?? job;
      byLabel.set(label, Math.min(at, byLabel.get(label) ?? Infinity));
    }
    for (const [label, at] of byLabel) oldest.put(at / 1_000, label);
  });
}
