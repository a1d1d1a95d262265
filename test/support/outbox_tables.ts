import { randomUUID } from 'node:crypto';
import { insertSql, outboxTableSql } from '../../src/outbox/index.ts';
import { deleteSql, giveBackSql, postponeSql, takeSql } from '../../src/outbox/sql.ts';
import { findPostgres, startPostgres } from './postgres.ts';

/** A database with an outbox, for the relay and for looking at. */
export type OutboxDatabase = {
  query(sql: string, params: string[]): Promise<readonly object[]>;
  /** Rows that are there, with the error that is noted. */
  rows(): Promise<{ job: string; error: string | null }[]>;
  /** As if the lease of every row were over. */
  expire(): Promise<void>;
};

export type Databases = { open(): Promise<OutboxDatabase & { table: string }>; close(): Promise<void> };

type FakeRow = {
  id: string;
  run_id: string;
  job: string;
  payload: string;
  options: string;
  dueAt: number;
  error: string | null;
};

/** Keeps rows and does what each statement of the relay says, by PostgreSQL's rules for one statement at a time. */
function openFake(table: string): OutboxDatabase {
  const rows = new Map<string, FakeRow>();
  let last = 0;
  const idsIn = (list: string): string[] => JSON.parse(list) as string[];
  const act: Record<string, (params: string[]) => object[]> = {
    [insertSql('any', null, { table }).sql]: ([job = '', payload = '', options = '']) => {
      const id = String((last += 1));
      const row = {
        id,
        run_id: `outbox-${table}-${randomUUID()}`,
        job,
        payload,
        options,
        dueAt: performance.now(),
        error: null,
      };
      rows.set(id, row);
      return [{ run_id: row.run_id }];
    },
    [takeSql(table)]: ([seconds, count]) => {
      const due = [...rows.values()].filter(({ dueAt }) => dueAt <= performance.now());
      const taken = due.sort((a, b) => a.dueAt - b.dueAt || Number(a.id) - Number(b.id)).slice(0, Number(count));
      for (const row of taken) row.dueAt = performance.now() + Number(seconds) * 1_000;
      return taken.map((row) => ({ ...row }));
    },
    [deleteSql(table)]: ([ids = '[]']) => {
      for (const id of idsIn(ids)) rows.delete(id);
      return [];
    },
    [postponeSql(table)]: ([id = '', error = '', seconds]) => {
      const row = rows.get(id);
      if (row) Object.assign(row, { error, dueAt: performance.now() + Number(seconds) * 1_000 });
      return [];
    },
    [giveBackSql(table)]: ([ids = '[]']) => {
      for (const id of idsIn(ids)) if (rows.has(id)) (rows.get(id) as FakeRow).dueAt = performance.now();
      return [];
    },
  };
  return {
    query: (sql, params) => Promise.resolve().then(() => (act[sql] as (params: string[]) => object[])(params)),
    rows: () => Promise.resolve([...rows.values()].map(({ job, error }) => ({ job, error }))),
    expire() {
      for (const row of rows.values()) row.dueAt = 0;
      return Promise.resolve();
    },
  };
}

function fakes(): Databases {
  let count = 0;
  return {
    open() {
      const table = `outbox${String((count += 1))}`;
      return Promise.resolve({ ...openFake(table), table });
    },
    close: () => Promise.resolve(),
  };
}

async function postgres(programs: string): Promise<Databases> {
  const server = await startPostgres(programs);
  const connections = [await server.connect(), await server.connect(), await server.connect()] as const;
  let count = 0;
  let turn = 0;
  return {
    async open() {
      const table = `outbox${String((count += 1))}`;
      // As a pool does: each statement on another connection.
      const query: OutboxDatabase['query'] = (sql, params) =>
        (connections[(turn += 1) % 3] as (typeof connections)[0]).query(sql, params);
      for (const sql of outboxTableSql(table).split(';\n').filter(Boolean)) await query(sql, []);
      return {
        table,
        query,
        rows: async () =>
          (await query(`SELECT job, error FROM ${table} ORDER BY id`, [])) as { job: string; error: string | null }[],
        expire: async () => void (await query(`UPDATE ${table} SET due_at = now()`, [])),
      };
    },
    async close() {
      for (const connection of connections) connection.end();
      await server.stop();
    },
  };
}

/** What the outbox is tested on: PostgreSQL itself where it is installed, and in any case a fake of it. */
export function databases(): [name: string, open: () => Promise<Databases>][] {
  const programs = findPostgres();
  const real: [string, () => Promise<Databases>][] =
    programs === undefined ? [] : [['PostgreSQL', () => postgres(programs)]];
  return [...real, ['a fake database that keeps rows', () => Promise.resolve(fakes())]];
}
