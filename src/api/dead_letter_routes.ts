import { Readable } from 'node:stream';
import { Type } from 'typebox';
import { MOST_LETTERS, type DeadLetters, type LetterFilter } from '../client/dead_letters.ts';
import { letterJson } from '../client/json_views.ts';
import { epochOf, Instant } from './instant.ts';
import { Selection, selectionOf, Words, wordsOf } from './selection.ts';
import type { TypedApp } from './typed_app.ts';

const CLOSED = { additionalProperties: false };
const Text = Type.Optional(Type.String({ minLength: 1 }));
const Filter = { job: Text, queue: Text, error: Text, since: Type.Optional(Instant), until: Type.Optional(Instant) };
const ListQuery = Type.Object(
  { ...Filter, cursor: Text, limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MOST_LETTERS })) },
  CLOSED,
);
const ExportQuery = Type.Object(Filter, CLOSED);
const ManyBody = Type.Object({ filter: Selection, ...Words }, CLOSED);

type FilterQuery = { job?: string; queue?: string; error?: string; since?: string; until?: string };

/** /dead-letters: redrive and delete are carried on in the background and answer the id of a bulk operation. */
export function serveDeadLetters(app: TypedApp, letters: DeadLetters): void {
  app.get('/dead-letters', { schema: { querystring: ListQuery } }, async ({ query: { limit, cursor, ...query } }) => {
    const page = await letters.list({
      ...filterOf(query),
      ...(limit === undefined ? {} : { limit }),
      ...(cursor === undefined ? {} : { cursor }),
    });
    return { deadLetters: page.letters.map(letterJson), cursor: page.cursor ?? null };
  });
  app.get('/dead-letters/export', { schema: { querystring: ExportQuery } }, ({ query }, reply) =>
    reply.type('application/x-ndjson').send(Readable.from(letters.export(filterOf(query)))),
  );
  // The id is all that follows: the names of jobs hold slashes.
  app.get('/dead-letters/run/*', { schema: { params: Type.Object({ '*': Type.String() }) } }, async ({ params }) => ({
    deadLetter: letterJson(await letters.get(params['*'])),
  }));
  app.post('/dead-letters/redrive', { schema: { body: ManyBody } }, async ({ body }, reply) =>
    reply.code(202).send({ bulk: { id: await letters.redrive(selectionOf(body.filter), wordsOf(body)) } }),
  );
  app.post('/dead-letters/delete', { schema: { body: ManyBody } }, async ({ body }, reply) =>
    reply.code(202).send({ bulk: { id: await letters.delete(selectionOf(body.filter), wordsOf(body)) } }),
  );
}

function filterOf({ since, until, ...rest }: FilterQuery): LetterFilter {
  return {
    ...rest,
    ...(since === undefined ? {} : { since: epochOf(since, 'since') }),
    ...(until === undefined ? {} : { until: epochOf(until, 'until') }),
  };
}
