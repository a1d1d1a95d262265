import { beforeAll, describe, expect, test } from 'vitest';
import { makePlace } from '../support/belfry_process.ts';
import { ask, askJson } from '../support/desk.ts';
import { eventually } from '../support/eventually.ts';
import { startFleet, type TestFleet } from '../support/fleet.ts';

type Finding = { level: string; check: string; says: string; hint?: string };
type Examination = { ok: boolean; config: Record<string, string>; findings: Finding[] };

let fleet: TestFleet;
beforeAll(async () => {
  fleet = await startFleet();
});

const wrongOf = ({ findings }: Examination): Finding[] => findings.filter(({ level }) => level === 'error');

describe('belfry doctor', () => {
  test('finds nothing wrong with a system in good health, and exits 0', async () => {
    const { code, out } = await ask(['doctor'], fleet);
    expect(out).toMatch(/^scheduler {2,}ok {2,}shard 0 is led by pid \d+ on /m);
    expect(out).toMatch(/^workers {2,}ok {2,}pool default: 1 live, 0 of 5 slots busy$/m);
    expect(out).toMatch(/^durability {2,}ok {2,}AOF is on$/m);
    expect(out).toContain('\n0 wrong, ');
    expect(code).toBe(0);
  });

  test('shows where Redis is without its password', async () => {
    const variables = { REDIS_URL: 'redis://me:sesame@127.0.0.1:1' };
    const { code, out } = await ask(['doctor'], { place: makePlace(), variables });
    expect(out).toContain('redis://me:***@127.0.0.1:1/0');
    expect(out).not.toContain('sesame');
    expect(out).toMatch(/^redis {2,}wrong {2,}Redis cannot be reached/m);
    expect(code).toBe(1);
  });

  test('finds runs that no worker can run, and says what to do', async () => {
    const id = (await ask(['jobs', 'run', 'elsewhere'], fleet)).out.trim();
    const found = await askJson<Examination>(['doctor'], fleet);
    expect(found.ok).toBe(false);
    expect(wrongOf(found)).toEqual([
      {
        level: 'error',
        check: 'queues',
        says: 'elsewhere waits in queue elsewhere, and no live worker of that queue has its code',
        hint: 'start a worker for the queue elsewhere',
      },
    ]);
    expect((await ask(['doctor'], fleet)).code).toBe(1);
    await ask(['runs', 'cancel', id], fleet);
  });

  test('finds a job file that is broken here', async () => {
    fleet.place.write(
      'jobs/broken.ts',
      `import { defineJob } from 'belfry';\nexport default defineJob({\n  timeuot: '5m',\n  run() {},\n});\n`,
    );
    const [finding] = wrongOf(await askJson<Examination>(['doctor'], fleet));
    expect(finding).toMatchObject({ check: 'jobs', hint: expect.stringContaining('timeout') as string });
    expect(finding?.says).toContain('jobs/broken.ts:3:3');
    fleet.place.remove('jobs/broken.ts');
  });

  test('finds that nobody schedules and nobody works', async () => {
    fleet.belfry.signal('SIGTERM');
    await fleet.belfry.ended;
    await eventually(async () => {
      const checks = wrongOf(await askJson<Examination>(['doctor'], fleet)).map(
        ({ check, says }) => `${check}: ${says}`,
      );
      expect(checks).toEqual([
        'scheduler: nobody leads shard 0: nothing fires there',
        'workers: pool default has no live worker',
      ]);
    });
  });
});
