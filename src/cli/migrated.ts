/** What `belfry migrate` found and did, by shard. */
export type Migrated = {
  planned: readonly { shard: number; format: number; migrations: readonly { to: number; says: string }[] }[];
  /** Undefined in a dry run. */
  outcomes:
    | readonly (
        | { state: 'done'; shard: number; from: number; to: number; changed: number }
        | { state: 'busy'; shard: number; leftMs: number }
      )[]
    | undefined;
};
