import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config.ts';
import { readDockerIgnore } from '../support/image/docker_ignore.ts';
import {
  environmentOf,
  instructionsOf,
  lastOf,
  parseDockerfile,
  readPairs,
  readWords,
  type Stage,
} from '../support/image/dockerfile.ts';

type Ids = { runAsUser: number; runAsGroup: number };

const read = (path: string): string => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');
const text = read('Dockerfile');
const { args, stages } = parseDockerfile(text);
const image = stages.at(-1) as Stage;
const base = stages[0] as Stage;
const manifest = JSON.parse(read('package.json')) as { version: string; license: string };

describe('the Dockerfile', () => {
  test('has a stage that builds and one that runs, from one base that is tagged and can be pinned by digest', () => {
    expect(stages.map(({ name, from }) => `${name} from ${from}`)).toEqual([
      'base from node:24-bookworm-slim',
      'build from base',
      'packages from base',
      'image from base',
    ]);
    const digest = `sha256:${'0'.repeat(64)}`;
    const pinned = parseDockerfile(text.replace(/^ARG NODE_DIGEST=$/m, `ARG NODE_DIGEST=${digest}`));
    expect(pinned.stages[0]?.from).toBe(`node:24-bookworm-slim@${digest}`);
    expect(args['NODE_DIGEST']).toBe('');
    expect(text).not.toContain(':latest');
  });

  test('installs what the lock says, with a cache, and runs no script of a package', () => {
    const installs = stages
      .flatMap((stage) => instructionsOf(stage, 'RUN'))
      .filter(({ rest }) => /\bnpm (?!run)/.test(rest));
    expect(installs.map(({ rest }) => /npm ci --(?:include|omit)=dev/.exec(rest)?.[0])).toEqual([
      'npm ci --include=dev',
      'npm ci --omit=dev',
    ]);
    for (const { rest } of installs) {
      expect(rest).toContain('--mount=type=cache,target=/root/.npm');
      expect(rest).toContain('--ignore-scripts');
    }
  });

  test('gives the image no more than the production packages, the built code and the entry', () => {
    expect(instructionsOf(image, 'COPY').map(({ rest }) => rest)).toEqual([
      '--from=packages /opt/belfry/node_modules ./node_modules',
      '--from=build /src/dist ./dist',
      'package.json LICENSE ./',
      'bin ./bin',
    ]);
  });

  test('runs as a user that is not root, by its number, and the chart takes the same', () => {
    expect(lastOf(image, 'USER')).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    const { podSecurityContext: chart } = parse(read('charts/belfry/values.yaml')) as { podSecurityContext: Ids };
    expect(`${String(chart.runAsUser)}:${String(chart.runAsGroup)}`).toBe(lastOf(image, 'USER'));
  });

  test('has an init as PID 1 that the base installs, and takes the role as an argument', () => {
    expect(readWords(lastOf(image, 'ENTRYPOINT'))).toEqual(['tini', '--', 'belfry']);
    expect(readWords(lastOf(image, 'CMD'))).toEqual(['start', '--role', 'all']);
    expect(instructionsOf(base, 'RUN')[0]?.rest).toMatch(
      /--no-install-recommends tini\b.*rm -rf \/var\/lib\/apt\/lists/,
    );
    expect(lastOf(image, 'STOPSIGNAL')).toBe('SIGTERM');
  });

  test('writes only to its volumes', () => {
    const { BELFRY_DATA, TMPDIR } = environmentOf(image);
    expect(readWords(lastOf(image, 'VOLUME'))).toEqual([BELFRY_DATA, TMPDIR]);
  });

  test('asks after its health with a command of its own that gives up before Docker does', () => {
    const { rest } = instructionsOf(image, 'HEALTHCHECK')[0] ?? { rest: '' };
    expect(readWords(rest).slice(0, 2)).toEqual(['belfry', 'healthcheck']);
    const [patience, own] = [/--timeout=(\d+)s/, /"--timeout", "(\d+)s"/].map((shape) => Number(shape.exec(rest)?.[1]));
    expect(own).toBeLessThan(patience ?? 0);
  });

  test('sets variables that Belfry knows, and the port that it opens', () => {
    const config = loadConfig({ env: environmentOf(image), cwd: '/nowhere' });
    expect(config).toMatchObject({
      jobsFolder: '/app/jobs',
      dataFolder: '/var/lib/belfry',
      http: { host: '0.0.0.0', port: Number(lastOf(image, 'EXPOSE')) },
    });
    expect(config.jobsFolder).toBe(`${lastOf(image, 'WORKDIR')}/jobs`);
  });

  test('is labelled with what it is', () => {
    const labels = Object.fromEntries(instructionsOf(image, 'LABEL').flatMap(({ rest }) => readPairs(rest)));
    const own = Object.entries(labels).filter(([name]) => name.startsWith('org.opencontainers.image.'));
    const named = Object.fromEntries(
      own.map(([name, value]) => [name.slice('org.opencontainers.image.'.length), value]),
    );
    expect(Object.keys(named).toSorted()).toEqual([
      'description',
      'documentation',
      'licenses',
      'revision',
      'source',
      'title',
      'version',
    ]);
    expect(named['licenses']).toBe(manifest.license);
    expect(text).toContain(`ARG BELFRY_VERSION=${manifest.version}\n`);
  });
});

describe('the .dockerignore', () => {
  const isLetIn = readDockerIgnore(read('.dockerignore'));

  test.each([
    'src/main.ts',
    'src/store/lua/claim.lua',
    'bin/belfry.js',
    'scripts/setup/build.mjs',
    'package-lock.json',
  ])('lets %s in', (path) => {
    expect(isLetIn(path)).toBe(true);
  });

  test.each([
    '.git/config',
    'node_modules/fastify/package.json',
    '.belfry/redis/appendonly.aof',
    'dist/main.js',
    'test/image/image.test.ts',
    'jobs/host/health.ts',
    '.env',
    'src/.env.local',
    'scripts/setup.log',
    'deploy/compose/.env',
    'id_rsa',
  ])('keeps %s out', (path) => {
    expect(isLetIn(path)).toBe(false);
  });
});
