import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BelfryError } from '../../src/core/errors.ts';
import type { Json } from '../../src/core/job.ts';
import {
  createOutboxRelay,
  insertSql,
  outboxTableSql,
  type OutboxOptions,
  type OutboxRelayOptions,
} from '../../src/outbox/index.ts';
import { job, openEngine, type Engine } from '../support/engine.ts';
import { eventually } from '../support/eventually.ts';
import { databases, type Databases, type OutboxDatabase } from '../support/outbox_tables.ts';
import { findPostgres, startPostgres } from '../support/postgres.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();

type Database = OutboxDatabase & { table: string };

async function put(db: Database, payload: Json, options: OutboxOptions = {}, name = 'work'): Promise<string> {
  const { sql, params } = insertSql(name, payload, { ...options, table: db.table });
  const [row] = (await db.query(sql, params)) as { run_id: string }[];
  return (row as { run_id: string }).run_id;
}

const openJobs = (namespace?: string, names = ['work']): Promise<Engine> =>
  openEngine({
    target: redis.target,
    ...(namespace === undefined ? {} : { namespace }),
    jobs: names.map((name) => job(name)),
  });

const runIds = async ({ client }: Engine): Promise<string[]> =>
  (await client.runs.list({ limit: 1_000 })).map(({ run }) => run.id).sort();

/** The relay of a process that is killed after so many steps: what it asks for from then on never happens. */
function mortal(options: OutboxRelayOptions, steps: number) {
  let left = steps;
  const step = <Args extends unknown[], T>(act: (...args: Args) => Promise<T>) => {
    return async (...args: Args): Promise<T> => {
      if (left === 0) throw new Error('killed');
      left -= 1;
      return act(...args);
    };
  };
  const { query, client } = options;
  return createOutboxRelay({ ...options, query: step(query), client: { enqueueBulk: step(client.enqueueBulk) } });
}

describe.each(databases())('the relay of an outbox in %s', (_name, open) => {
  let all: Databases;
  beforeAll(async () => {
    all = await open();
  });
  afterAll(() => all.close());

  test('makes a run of each row, with its payload, options and id, and deletes the row', async () => {
    const [db, engine] = [await all.open(), await openJobs()];
    const payload = { text: 'ä "quoted" \\ \n', list: [1, null, true], nested: { $1: 'x' } };
    const ids = [await put(db, payload, { priority: 9 }), await put(db, 'text', { delay: '1h' }), await put(db, null)];
    const relay = createOutboxRelay({ query: db.query, client: engine.client, table: db.table });
    expect(await relay.relay()).toBe(3);
    expect(await relay.relay()).toBe(0);
    expect(await db.rows()).toEqual([]);
    const runs = await Promise.all(ids.map(async (id) => engine.client.runs.get(id)));
    expect(runs.map(({ run }) => JSON.parse(run.payloadJson) as Json)).toEqual([payload, 'text', null]);
    expect(runs.map(({ state }) => state)).toEqual(['ready', 'waiting', 'ready']);
    expect(runs[0]?.run.priority).toBe(9);
    expect(ids[0]).toMatch(new RegExp(`^outbox-${db.table}-[0-9a-f-]{36}$`));
  });

  test('makes one run of each row wherever it is killed: after the take, the enqueue or the delete', async () => {
    for (let steps = 0; steps <= 4; steps += 1) {
      const [db, engine] = [await all.open(), await openJobs()];
      const options = { query: db.query, client: engine.client, table: db.table };
      const ids = [await put(db, 1), await put(db, 2)];
      await mortal(options, steps)
        .relay()
        .catch(() => undefined);
      await mortal(options, steps)
        .relay()
        .catch(() => undefined);
      await db.expire();
      await mortal(options, Math.max(2, steps))
        .relay()
        .catch(() => undefined);
      await db.expire();
      await createOutboxRelay(options).relay();
      expect(await runIds(engine)).toEqual(ids.toSorted());
      expect(await db.rows()).toEqual([]);
    }
  });

  test('leaves rows that another relay has taken alone until their lease is over', async () => {
    const [db, engine] = [await all.open(), await openJobs()];
    const options = { query: db.query, client: engine.client, table: db.table };
    await put(db, 1);
    await expect(mortal(options, 1).relay()).rejects.toThrow('killed');
    expect(await createOutboxRelay(options).relay()).toBe(0);
    await db.expire();
    expect(await createOutboxRelay(options).relay()).toBe(1);
  });

  test('shares the rows with other relays, and each row is one run', async () => {
    const [db, engine] = [await all.open(), await openJobs()];
    const ids: string[] = [];
    for (let n = 0; n < 120; n += 1) ids.push(await put(db, n));
    const options = { query: db.query, client: engine.client, table: db.table, batch: 10 };
    const relays = [1, 2, 3].map(() => createOutboxRelay(options));
    const drain = async (relay: { relay(): Promise<number> }): Promise<number> => {
      let sum = 0;
      for (let count = await relay.relay(); count > 0; count = await relay.relay()) sum += count;
      return sum;
    };
    const counts = await Promise.all(relays.map(drain));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(120);
    expect(await runIds(engine)).toEqual(ids.toSorted());
  });

  test('notes what is wrong with a row, goes on with the others, and takes it when its job has come', async () => {
    const [db, engine] = [await all.open(), await openJobs()];
    const late = await put(db, 1, {}, 'late');
    const good = await put(db, 2);
    const errors: unknown[] = [];
    const options = { query: db.query, client: engine.client, table: db.table };
    const relay = createOutboxRelay({
      ...options,
      onError: (error, row) => errors.push([(error as BelfryError).code, row?.job]),
    });
    expect(await relay.relay()).toBe(1);
    expect(await runIds(engine)).toEqual([good]);
    expect(errors).toEqual([['NOT_FOUND', 'late']]);
    expect(await db.rows()).toEqual([
      { job: 'late', error: expect.stringContaining('NOT_FOUND: no job named "late"') as string },
    ]);
    expect(await relay.relay()).toBe(0);
    const deployed = await openJobs(engine.store.namespace, ['work', 'late']);
    await db.expire();
    expect(await createOutboxRelay({ ...options, client: deployed.client }).relay()).toBe(1);
    expect(await runIds(engine)).toEqual([good, late].sort());
  });

  test('gives rows back at once while Redis is away', async () => {
    const [db, engine] = [await all.open(), await openJobs()];
    await put(db, 1);
    const away = { enqueueBulk: () => Promise.reject(new BelfryError('REDIS_UNAVAILABLE', 'away')) };
    const options = { query: db.query, client: engine.client, table: db.table };
    await expect(createOutboxRelay({ ...options, client: away }).relay()).rejects.toThrow('away');
    expect(await createOutboxRelay(options).relay()).toBe(1);
  });

  test('goes on by itself from its start to its stop', async () => {
    const [db, engine] = [await all.open(), await openJobs()];
    const relay = createOutboxRelay({ query: db.query, client: engine.client, table: db.table, pollMs: 10, batch: 1 });
    const ids = [await put(db, 1), await put(db, 2)];
    relay.start();
    relay.start();
    ids.push(await put(db, 3));
    await eventually(async () => expect(await runIds(engine)).toEqual(ids.toSorted()));
    await relay.stop();
    await relay.stop();
    await put(db, 4);
    expect(await db.rows()).toHaveLength(1);
    expect(await runIds(engine)).toHaveLength(3);
  });
});

// The fake has no transactions: this is PostgreSQL's part of the promise.
const installed = [findPostgres()].filter((programs) => programs !== undefined);
test.each(installed)(
  'a row of a transaction that is rolled back or not committed yet is no run (%s)',
  async (programs) => {
    const server = await startPostgres(programs);
    const [app, other] = [await server.connect(), await server.connect()];
    const engine = await openJobs();
    for (const sql of outboxTableSql('app.belfry_outbox').split(';\n').filter(Boolean)) {
      await app.query('CREATE SCHEMA IF NOT EXISTS app');
      await app.query(sql);
    }
    const relay = createOutboxRelay({ query: other.query, client: engine.client, table: 'app.belfry_outbox' });
    const { sql, params } = insertSql('work', { n: 1 }, { table: 'app.belfry_outbox' });
    await app.query('BEGIN');
    await app.query(sql, params);
    expect(await relay.relay()).toBe(0);
    await app.query('ROLLBACK');
    expect(await relay.relay()).toBe(0);
    await app.query('BEGIN');
    const [row] = await app.query(sql, params);
    await app.query('COMMIT');
    expect(await relay.relay()).toBe(1);
    expect(await runIds(engine)).toEqual([row?.['run_id']]);
    app.end();
    other.end();
    await server.stop();
  },
);

test('names that are no plain names are refused, so that none gets into a statement', () => {
  const query = () => Promise.resolve([]);
  const client = { enqueueBulk: () => Promise.resolve([]) };
  for (const table of ['a b', 'a"b', "a'b", 'a;b', 'a.b.c', '', '1a', 'ä']) {
    expect(() => insertSql('work', null, { table })).toThrow(BelfryError);
    expect(() => createOutboxRelay({ query, client, table })).toThrow(BelfryError);
  }
  expect(() => insertSql('no such name')).toThrow(BelfryError);
  expect(() => insertSql('work', (() => 1) as unknown as Json)).toThrow(/not JSON/);
  expect(() => insertSql('work', 10n as unknown as Json)).toThrow(/not JSON/);
  const odd = [
    { priority: 12 },
    { delay: 'x' },
    { dealy: '5s' },
    { id: 'own' },
    { unique: { key: () => '' } },
    { deadline: 'x' },
    { traceparent: 'x' },
  ];
  for (const options of odd) expect(() => insertSql('work', null, options)).toThrow(BelfryError);
  expect(() => createOutboxRelay({ query, client, batch: 0 })).toThrow(/batch is 0/);
});

test.each([
  [{}, 'query'],
  [{ query: () => Promise.resolve([]) }, 'client'],
  [{ query: () => Promise.resolve([]), client: null }, 'client'],
  [{ pollMS: 10 }, 'options.pollMS'],
  [undefined, 'options'],
])('a relay of %j is refused', (options, field) => {
  expect(() => createOutboxRelay(options as never)).toThrow(expect.objectContaining({ code: 'BAD_USAGE', field }));
});
