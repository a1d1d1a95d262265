import { Type } from 'typebox';
import type { BatchesClient } from '../client/batches.ts';
import { batchJson } from '../client/json_views.ts';
import type { BatchRun, Json } from '../core/job.ts';
import type { TypedApp } from './typed_app.ts';

const Payload = Type.Unsafe<Json>(Type.Unknown());
const RunBody = Type.Object(
  {
    job: Type.String({ minLength: 1 }),
    payload: Type.Optional(Payload),
    delay: Type.Optional(Type.String()),
    priority: Type.Optional(Type.Integer()),
  },
  { additionalProperties: false },
);
const Callback = Type.Object(
  { job: Type.String({ minLength: 1 }), payload: Type.Optional(Payload) },
  { additionalProperties: false },
);
const BatchBody = Type.Object(
  {
    id: Type.Optional(Type.String({ minLength: 1 })),
    runs: Type.Optional(Type.Array(RunBody)),
    callbacks: Type.Optional(
      Type.Object(
        { success: Type.Optional(Callback), failed: Type.Optional(Callback), complete: Type.Optional(Callback) },
        { additionalProperties: false },
      ),
    ),
    description: Type.Optional(Type.String()),
    state: Type.Optional(Type.Union([Type.Literal('open'), Type.Literal('closed')])),
  },
  { additionalProperties: false },
);
const AddBody = Type.Object({ runs: Type.Array(RunBody) }, { additionalProperties: false });
const Params = Type.Object({ id: Type.String() });
const ListQuery = Type.Object(
  { limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 })) },
  { additionalProperties: false },
);

/** /batches: runs that are counted together. */
export function serveBatches(app: TypedApp, batches: BatchesClient): void {
  app.get('/batches', { schema: { querystring: ListQuery } }, async ({ query: { limit } }) => ({
    batches: (await batches.list(limit === undefined ? {} : { limit })).map(batchJson),
  }));
  app.post('/batches', { schema: { body: BatchBody } }, async ({ body }, reply) => {
    const { id, runs } = await batches.create(body);
    return reply.code(201).send({ batch: batchJson(await batches.get(id)), runs });
  });
  app.get('/batches/:id', { schema: { params: Params } }, async ({ params: { id } }) => ({
    batch: batchJson(await batches.get(id)),
  }));
  app.post('/batches/:id/runs', { schema: { params: Params, body: AddBody } }, async ({ params, body }, reply) =>
    reply.code(201).send({ runs: await batches.add(params.id, body.runs as BatchRun[]) }),
  );
  app.post('/batches/:id/close', { schema: { params: Params } }, async ({ params: { id } }) => ({
    batch: batchJson(await batches.close(id)),
  }));
  app.post('/batches/:id/cancel', { schema: { params: Params } }, async ({ params: { id } }) => ({
    batch: batchJson(await batches.cancel(id)),
  }));
}
