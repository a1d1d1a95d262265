import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createPaint } from '../../src/cli/paint.ts';
import { readSimulation, type SimulationWords } from '../../src/cli/simulation_request.ts';
import { formatSimulation, simulationJson } from '../../src/cli/simulation_text.ts';
import type { SimulationReport } from '../../src/simulation/report.ts';
import { jobFile, makePlace, runBelfry, startBelfry } from '../support/belfry_process.ts';
import { ask, askJson } from '../support/desk.ts';

const PATH = process.env['PATH'] ?? '';
const FROM = Date.UTC(2026, 2, 29);
const BEGIN = '2026-03-29T00:00:00Z';

const JOBS = {
  'chime.ts': jobFile(`schedule: { cron: '*/5 * * * *', timezone: 'Europe/Berlin' }, run: () => 'ding'`),
  'by_hand.ts': jobFile(`run: () => 'only when asked'`),
};

const options = (jobs: Record<string, string> = JOBS) => ({ place: makePlace(jobs), variables: { PATH } });

const words = (more: Partial<SimulationWords> = {}): SimulationWords => ({
  from: BEGIN,
  to: '2h',
  replicas: '3',
  killLeader: [],
  pauseRedis: [],
  skew: '0s',
  ttl: '5s',
  duration: '2s',
  workers: '100',
  seed: '1',
  ...more,
});

describe('belfry simulate', () => {
  test('shows what came of each job, and exits 0 when nothing was lost', async () => {
    const faults = [
      '--kill-leader',
      '2026-03-29T00:30:00Z',
      '--pause-redis',
      '2026-03-29T01:00:00Z+30s',
      '--skew',
      '1h',
    ];
    const { code, out, err } = await ask(['simulate', '--from', BEGIN, '--to', '2h', '--utc', ...faults], options());
    expect(err).toBe('');
    expect(code).toBe(0);
    expect(out).toMatch(/^simulated 2026-03-29 00:00:00Z to 2026-03-29 02:00:00Z, 3 schedulers, seed 1\n/);
    expect(out).toMatch(/^chime {2,}24 {2,}24 {2,}\S+ \S+ {2,}.*fired/m);
    expect(out).not.toContain('by_hand');
    expect(out).toMatch(/^1 leaders killed, 2 fail-overs, at most \d+ s without a leader, \d late writes refused$/m);
    expect(out).toContain('holds: nothing lost, nothing twice, nothing early\n');
  });

  test('answers JSON', async () => {
    const asked = ['simulate', '--from', BEGIN, '--to', '1h', '--seed', '7'];
    const answer = await askJson<Record<string, unknown>>(asked, options());
    expect(answer).toMatchObject({
      holds: true,
      from: '2026-03-29T00:00:00.000Z',
      to: '2026-03-29T01:00:00.000Z',
      seed: 7,
      fireTimes: 12,
      runs: 12,
      jobs: [{ job: 'chime', fireTimes: 12, runs: 12, verdicts: { fired: 12 }, maxLagMs: 0 }],
      offences: [],
    });
  });

  test('goes on without a broken file, and says so', async () => {
    const { code, err } = await ask(
      ['simulate', '--from', BEGIN, '--to', '10m'],
      options({ ...JOBS, 'broken.ts': 'export default 1;' }),
    );
    expect(err).toContain('note: jobs/broken.ts');
    expect(code).toBe(0);
  });

  test('says what to do where no job has a schedule, and where there is no Redis to start', async () => {
    const none = await ask(['simulate'], options({ 'by_hand.ts': JOBS['by_hand.ts'] }));
    expect(none.code).toBe(3);
    expect(none.err).toMatch(/^error: no job of \S+\/jobs has a schedule\nhint: /);
    const bare = await ask(['simulate'], { ...options(), variables: { PATH: '' } });
    expect(bare.code).toBe(1);
    expect(bare.err).toContain('no redis-server or valkey-server was found');
  });

  test('leaves neither a Redis nor a folder behind, also when it is stopped', async () => {
    const place = makePlace(JOBS);
    const temporary = join(place.folder, 'tmp');
    mkdirSync(temporary);
    const whole = await runBelfry(place, ['simulate', '--from', BEGIN, '--to', '10m'], { TMPDIR: temporary });
    expect(whole).toMatchObject({ code: 0, stderr: '' });
    expect(readdirSync(temporary)).toEqual([]);
    const year = startBelfry(place, ['simulate', '--from', BEGIN, '--to', '365d'], { TMPDIR: temporary });
    const { eventually } = await import('../support/eventually.ts');
    await eventually(() => expect(readdirSync(temporary)).toHaveLength(1), { timeoutMs: 10_000 });
    await eventually(() =>
      expect(readdirSync(join(temporary, readdirSync(temporary)[0] ?? '', 'redis'))).toContain('redis.sock'),
    );
    year.signal('SIGINT');
    expect(await year.ended).toBe(1);
    expect(year.output()).toContain('error: the simulation was stopped before its end\n');
    expect(readdirSync(temporary)).toEqual([]);
  });
});

describe('the flags of a simulation', () => {
  test('are read with their defaults: a day from the next minute on', () => {
    const { from: _from, to: _to, ...rest } = words();
    expect(readSimulation(rest, FROM + 1)).toMatchObject({ from: FROM + 60_000, to: FROM + 60_000 + 86_400_000 });
  });

  test('may say instants with offsets, lengths and ranges', () => {
    const read = readSimulation(
      words({
        to: '2026-03-29T03:00:00+02:00',
        killLeader: ['2026-03-29T02:30:00+02:00'],
        pauseRedis: ['2026-03-29T02:30:00+02:00+1m 30s', '2026-03-29+1s'],
        duration: '1s..1m',
        skew: '2h',
        ttl: '3s',
      }),
      0,
    );
    expect(read).toEqual({
      from: FROM,
      to: FROM + 3_600_000,
      replicas: 3,
      kills: [FROM + 1_800_000],
      pauses: [
        { from: FROM + 1_800_000, until: FROM + 1_890_000 },
        { from: FROM, until: FROM + 1_000 },
      ],
      skewMs: 7_200_000,
      leaderTtlMs: 3_000,
      duration: { fromMs: 1_000, toMs: 60_000 },
      slots: 100,
      seed: 1,
    });
  });

  test.each<[Partial<SimulationWords>, string, string]>([
    [{ from: 'yesterday' }, '--from', 'an instant with its offset'],
    [{ to: '2026-03-28' }, '--to', 'a later instant'],
    [{ to: 'soon' }, '--to', 'a length of time'],
    [{ killLeader: ['2026-03-29T09:00:00Z'] }, '--kill-leader', 'between 2026-03-29T00:00:00.000Z and'],
    [{ killLeader: ['noon'] }, '--kill-leader', 'an instant with its offset'],
    [{ pauseRedis: ['2026-03-29T01:00:00Z'] }, '--pause-redis', 'when and for how long'],
    [{ pauseRedis: ['2026-03-29T01:00:00+02:00'] }, '--pause-redis', 'when and for how long'],
    [{ pauseRedis: ['2026-03-29T01:00:00Z+0s'] }, '--pause-redis', 'when and for how long'],
    [{ pauseRedis: ['+30s'] }, '--pause-redis', 'when and for how long'],
    [{ skew: 'much' }, '--skew', 'text such as'],
    [{ ttl: '10ms' }, '--ttl', 'at least 1s'],
    [{ duration: '5s..1s' }, '--duration', 'between which two lengths'],
    [{ duration: '1s..2s..3s' }, '--duration', 'between which two lengths'],
    [{ duration: '2d' }, '--duration', 'at most a day'],
    [{ replicas: '0' }, '--replicas', 'a whole number from 1'],
    [{ workers: 'x' }, '--workers', 'a whole number from 1'],
    [{ seed: '-1' }, '--seed', 'a whole number from 0'],
  ])('%j are refused, naming %s', (more, field, hint) => {
    expect(() => readSimulation(words(more), FROM)).toThrow(
      expect.objectContaining({ field, hint: expect.stringContaining(hint) as string }) as Error,
    );
  });

  test('that are wrong exit 2', async () => {
    const { code, err } = await ask(['simulate', '--from', BEGIN, '--pause-redis', 'noon'], options());
    expect(code).toBe(2);
    expect(err).toBe('error: --pause-redis is "noon"\nhint: when and for how long, such as 2026-03-29T01:00:00Z+30s\n');
  });
});

describe('a simulation that does not hold', () => {
  const report: SimulationReport = {
    from: FROM,
    to: FROM + 3_600_000,
    seed: 1,
    replicas: 3,
    jobs: [{ job: 'chime', fireTimes: 12, runs: 11, verdicts: { fired: 11 }, maxLagMs: undefined }],
    fireTimes: 12,
    runs: 11,
    maxLag: undefined,
    deaths: [{ at: FROM, replica: 'replica-1', death: 'before-commit' }],
    failovers: 1,
    longestWithoutLeaderMs: 5_000,
    refusedWrites: 0,
    offences: Array.from({ length: 22 }, (_, i) => ({
      schedule: 'chime',
      at: FROM + i * 60_000,
      what: 'lost: it has no verdict',
    })),
  };

  test('lists what was lost, at most twenty of it', () => {
    const text = formatSimulation(report, { paint: createPaint('off'), zone: 'utc' });
    expect(text).toContain('does not hold: 22 offences\n  chime  2026-03-29 00:00:00Z  lost: it has no verdict\n');
    expect(text.match(/lost: it has no verdict/g)).toHaveLength(20);
    expect(text).toContain('  and 2 more: see --json\n');
  });

  test('has all of it in its JSON', () => {
    const json = simulationJson(report);
    expect(json.holds).toBe(false);
    expect(json.offences).toHaveLength(22);
    expect(json.offences[1]).toEqual({
      schedule: 'chime',
      at: '2026-03-29T00:01:00.000Z',
      what: 'lost: it has no verdict',
    });
    expect(json.deaths).toEqual([{ at: BEGIN.replace('Z', '.000Z'), replica: 'replica-1', death: 'before-commit' }]);
    expect(json.jobs[0]?.maxLagMs).toBeNull();
  });
});
