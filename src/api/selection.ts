import { Type, type Static } from 'typebox';
import type { RunSelection } from '../client/bulk_filter.ts';
import { RUN_STATES } from '../core/run.ts';
import { epochOf, Instant } from './instant.ts';

const State = Type.Union(RUN_STATES.map((state) => Type.Literal(state)));
const Text = Type.String({ minLength: 1 });

/** Which runs; what an action can be about is checked by the client. */
export const Selection = Type.Object(
  {
    all: Type.Optional(Type.Boolean()),
    ids: Type.Optional(Type.Array(Text, { maxItems: 1_000 })),
    queue: Type.Optional(Text),
    job: Type.Optional(Text),
    state: Type.Optional(Type.Union([State, Type.Array(State)])),
    tag: Type.Optional(Text),
    olderThan: Type.Optional(Text),
    since: Type.Optional(Instant),
    until: Type.Optional(Instant),
    error: Type.Optional(Text),
  },
  { additionalProperties: false },
);

/** Who does it, why, and how fast. */
export const Words = {
  by: Type.String({ minLength: 1, maxLength: 100 }),
  note: Type.Optional(Type.String({ minLength: 1 })),
  rate: Type.Optional(Type.String({ minLength: 1 })),
};

export function selectionOf({ since, until, ...rest }: Static<typeof Selection>): RunSelection {
  return {
    ...(rest as RunSelection),
    ...(since === undefined ? {} : { since: epochOf(since, 'since') }),
    ...(until === undefined ? {} : { until: epochOf(until, 'until') }),
  };
}

export function wordsOf({ by, note, rate }: { by: string; note?: string; rate?: string }) {
  return { by, ...(note === undefined ? {} : { note }), ...(rate === undefined ? {} : { rate }) };
}
