import type { Shard } from '../shard.ts';

/** A field of a hash that is to become another one; undefined for none. */
export type FieldChange = {
  /** Without the shard's prefix. */
  key: string;
  field: string;
  before: string | undefined;
  after: string | undefined;
};

/** Some changes of a shard, and where to go on; undefined at the end. */
export type MigrationSlice = { changes: FieldChange[]; next: string | undefined };

/** What brings the state of a shard from the format before to the next one. */
export type Migration = {
  /** The format that it leaves; it begins at the one before. */
  to: number;
  /** One line for people: what it does. */
  says: string;
  /** The oldest format whose code can work on what it leaves, and beside it while it goes on. */
  oldest: number;
  /**
   * Reads a slice, of a few thousand fields at most, from a cursor on, '' at the beginning. Writes nothing. The same slice may
   * be asked for again, and every field may have been changed by others meanwhile: its changes are compared before they are made.
   */
  plan(shard: Shard, cursor: string): Promise<MigrationSlice>;
};
