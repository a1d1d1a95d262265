import { Type } from 'typebox';
import type { FreezesClient } from '../client/freezes.ts';
import { freezeJson } from '../client/json_views.ts';
import type { TypedApp } from './typed_app.ts';
import { epochOf, Instant } from './instant.ts';

const FreezeBody = Type.Object(
  {
    by: Type.String({ minLength: 1 }),
    why: Type.String({ minLength: 1 }),
    from: Type.Optional(Instant),
    until: Type.Optional(Instant),
  },
  { additionalProperties: false },
);

const LiftQuery = Type.Object({ by: Type.String({ minLength: 1 }) }, { additionalProperties: false });

/** /freezes: spans in which nothing fires. */
export function serveFreezes(app: TypedApp, freezes: FreezesClient): void {
  app.get('/freezes', async () => ({ freezes: (await freezes.list()).map(freezeJson) }));
  app.post('/freezes', { schema: { body: FreezeBody } }, async ({ body: { by, why, from, until } }, reply) => {
    const made = await freezes.freeze({
      by,
      why,
      ...(from === undefined ? {} : { from: epochOf(from, 'from') }),
      ...(until === undefined ? {} : { until: epochOf(until, 'until') }),
    });
    return reply.code(201).send({ freeze: freezeJson(made) });
  });
  const lifting = { params: Type.Object({ id: Type.String() }), querystring: LiftQuery };
  app.delete('/freezes/:id', { schema: lifting }, async ({ params, query }) => ({
    freeze: freezeJson(await freezes.lift(params.id, query)),
  }));
}
