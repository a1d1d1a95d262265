import { Type } from 'typebox';
import { BULK_ACTIONS, type BulkClient } from '../client/bulk.ts';
import { bulkJson } from '../client/json_views.ts';
import { Selection, selectionOf, Words, wordsOf } from './selection.ts';
import type { TypedApp } from './typed_app.ts';

const StartBody = Type.Object(
  {
    action: Type.Union(BULK_ACTIONS.map((action) => Type.Literal(action))),
    filter: Selection,
    to: Type.Optional(Type.String({ minLength: 1 })),
    ...Words,
  },
  { additionalProperties: false },
);
const Named = { schema: { params: Type.Object({ id: Type.String() }) } };

/** /bulk: operations over many runs, in the background. */
export function serveBulk(app: TypedApp, bulk: BulkClient): void {
  app.get('/bulk', async () => ({ bulk: (await bulk.list()).map(bulkJson) }));
  app.get('/bulk/:id', Named, async ({ params }) => ({ bulk: bulkJson(await bulk.get(params.id)) }));
  app.post('/bulk', { schema: { body: StartBody } }, async ({ body }, reply) => {
    const { action, filter, to } = body;
    const request = { action, filter: selectionOf(filter), ...(to === undefined ? {} : { to }), ...wordsOf(body) };
    return reply.code(202).send({ bulk: { id: await bulk.start(request) } });
  });
  app.post('/bulk/:id/cancel', Named, async ({ params }) => ({ bulk: bulkJson(await bulk.cancel(params.id)) }));
}
