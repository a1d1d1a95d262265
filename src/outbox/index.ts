/** `belfry/outbox`: runs that are enqueued if and only if a PostgreSQL transaction commits. */
export { createOutboxRelay, type OutboxRelay, type OutboxRelayOptions } from './relay.ts';
export { insertSql, outboxTableSql, type OutboxOptions, type Statement } from './sql.ts';
