import { Redis } from 'ioredis';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createEventBus } from '../../src/core/events.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { createReplicaStore } from '../../src/store/replicas.ts';
import { createShard } from '../../src/store/shard.ts';
import { makePlace, startBelfry, type LivingBelfry } from '../support/belfry_process.ts';
import { ask, askJson } from '../support/desk.ts';
import { eventually } from '../support/eventually.ts';
import { startRedis } from '../support/redis.ts';
import type { TestRedis } from '../support/redis.ts';

const OWN = process.versions['tz'] ?? '';
const NEWER = '2999z';

type Readiness = { ready: boolean; checks: { name: string; detail?: string }[] };
type Examination = { findings: { level: string; check: string; says: string; hint?: string }[] };

const place = makePlace();
let redis: TestRedis;
let belfry: LivingBelfry;
let variables: Record<string, string>;

beforeAll(async () => {
  redis = await startRedis({ persistence: 'aof' });
  variables = { REDIS_URL: redis.url, BELFRY_LEADER_TTL: '2s' };
  belfry = startBelfry(place, ['start', '--role', 'scheduler'], variables);
  await belfry.untilSays('leads shard 0');
});

/** Another replica says once that it lives. */
async function beat(tzVersion: string, keepMs: number): Promise<void> {
  const connection = new Redis({ path: redis.path });
  onTestFinished(() => connection.disconnect());
  const shard = createShard('belfry', 0, { connection, clock: systemClock, events: createEventBus() });
  const phantom = { id: `phantom-${tzVersion}`, host: 'elsewhere', pid: 7, version: '0', tzVersion, state: 'able' };
  await createReplicaStore(shard).beat(phantom as Parameters<ReturnType<typeof createReplicaStore>['beat']>[0], keepMs);
}

async function schedulerDetail(): Promise<string | undefined> {
  const response = await fetch(`${await belfry.url()}/readyz`);
  expect(response.status).toBe(200);
  return ((await response.json()) as Readiness).checks.find(({ name }) => name === 'scheduler')?.detail;
}

describe('a scheduler process', () => {
  test('shows its tzdata to doctor while all have the same', async () => {
    const { out } = await ask(['doctor'], { place, variables });
    expect(out).toMatch(
      new RegExp(`^scheduler {2,}ok {2,}shard 0 is led by pid \\d+ on \\S+ \\(tzdata ${OWN}\\)$`, 'm'),
    );
    expect(out).toMatch(new RegExp(`^time zones {2,}ok {2,}1 live scheduler has tzdata ${OWN}$`, 'm'));
    expect(await schedulerDetail()).toBeUndefined();
  });

  test('stays ready, says once why it does not lead beside a newer one, and leads again when that is gone', async () => {
    await beat(NEWER, 4_000);
    await belfry.untilSays(`leads shard 0 no more: a live replica has newer tzdata: ${NEWER}`);
    expect(await schedulerDetail()).toBe(`does not lead: a live replica has tzdata ${NEWER}, this one ${OWN}`);
    const { findings } = await askJson<Examination>(['doctor'], { place, variables });
    const found = findings.find(({ check, level }) => check === 'time zones' && level === 'warning');
    expect(found?.says).toContain(`pid 7 on elsewhere (tzdata ${NEWER})`);
    expect(found?.hint).toBe(`run the same Node everywhere; until then only those with ${NEWER} lead`);
    await eventually(() => expect(belfry.output().split('"leads shard 0"')).toHaveLength(3), { timeoutMs: 8_000 });
    expect(await schedulerDetail()).toBeUndefined();
    expect(belfry.output().split(`does not lead shard 0: a live replica has tzdata ${NEWER}`)).toHaveLength(2);
  });
});
