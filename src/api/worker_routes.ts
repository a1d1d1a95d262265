import { Type } from 'typebox';
import type { Client } from '../client/client.ts';
import { workerJson } from '../client/json_views.ts';
import { restartJson } from '../client/restart_json.ts';
import { Words } from './selection.ts';
import type { TypedApp } from './typed_app.ts';

const CLOSED = { additionalProperties: false };
const Id = Type.Object({ id: Type.String({ minLength: 1 }) });
const { by, note } = Words;
const DrainBody = Type.Object(
  { by, note, roles: Type.Optional(Type.Union([Type.Literal('worker'), Type.Literal('all')])) },
  CLOSED,
);
const BacklogQuery = Type.Object(
  { pool: Type.String({ minLength: 1 }), queues: Type.Optional(Type.String({ minLength: 1 })) },
  CLOSED,
);

/**
 * /workers, and the backlog that an autoscaler asks for. A restart in waves is driven by whoever asked for it (the command
 * line, a program with the client), so it is only shown here.
 */
export function serveWorkers(app: TypedApp, workers: Client['workers']): void {
  app.get('/workers', async () => ({ workers: (await workers.list()).map(workerJson) }));
  app.get('/workers/restart', async () => {
    const last = await workers.lastRestart();
    return { restart: last === undefined ? null : restartJson(last) };
  });
  app.get('/workers/:id', { schema: { params: Id } }, async ({ params }) => {
    const { beside, told = null, ...worker } = await workers.get(params.id);
    return { worker: { ...workerJson(worker), beside, told } };
  });
  app.post('/workers/:id/drain', { schema: { params: Id, body: DrainBody } }, async ({ params, body }, reply) => {
    const leaves = await workers.drain(params.id, body);
    return reply.code(202).send({ worker: { id: params.id, answer: 'told', leaves } });
  });
  app.get('/queues/backlog', { schema: { querystring: BacklogQuery } }, async ({ query: { pool, queues } }) =>
    workers.backlog({ pool, ...(queues === undefined ? {} : { queues: queues.split(',') }) }),
  );
}
