import { expect } from 'vitest';
import { meetShards } from '../../src/store/formats.ts';
import { migrateShard } from '../../src/store/migrations/migrate.ts';
import type { Store } from '../../src/store/store.ts';

/** The scripts of a start: the note of the format, a migration on every shard, and the turn to start. */
export async function liveThroughFormats(store: Store): Promise<void> {
  const shards = store.shards.map(({ shard }) => shard);
  const [{ format } = { format: 0 }] = await meetShards(shards);
  const change = { key: 'queue_pauses', field: 'cl', before: undefined, after: '{}' };
  const migration = {
    to: format + 1,
    says: 'one field',
    oldest: format,
    plan: () => Promise.resolve({ changes: [change], next: undefined }),
  };
  for (const shard of shards) {
    const outcome = await migrateShard(shard, format, { holder: 'h', migrations: [migration] });
    expect(outcome).toMatchObject({ state: 'done', changed: 1 });
  }
  expect(await meetShards(shards)).toMatchObject(shards.map(() => ({ format: format + 1, oldest: format })));
  expect(await store.starts.takeTurn(1_000, 0)).toBe(0);
}
