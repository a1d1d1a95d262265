import { Type } from 'typebox';
import type { Client } from '../client/client.ts';
import { queueJson } from '../client/json_views.ts';
import { epochOf, Instant } from './instant.ts';
import { Selection, selectionOf, Words, wordsOf } from './selection.ts';
import type { TypedApp } from './typed_app.ts';

const CLOSED = { additionalProperties: false };
const Queue = { queue: Type.String({ minLength: 1 }) };
const { by } = Words;
const PauseBody = Type.Object({ ...Queue, by, note: Type.String(), until: Type.Optional(Instant) }, CLOSED);
const ResumeBody = Type.Object({ ...Queue, by }, CLOSED);
const DrainBody = Type.Object({ ...Queue, ...Words }, CLOSED);
const MoveBody = Type.Object(
  { ...Queue, ...Words, to: Type.String({ minLength: 1 }), filter: Type.Optional(Selection) },
  CLOSED,
);

/** /queues. Drain and move are carried on in the background: they answer the id of a bulk operation. */
export function serveQueues(app: TypedApp, { queues }: Pick<Client, 'queues'>): void {
  app.get('/queues', async () => ({ queues: (await queues.list()).map(queueJson) }));
  app.post('/queues/pause', { schema: { body: PauseBody } }, async ({ body: { queue, note, until, ...who } }) => {
    const end = until === undefined ? {} : { until: epochOf(until, 'until') };
    await queues.pause(queue, { by: who.by, note, ...end });
    return { queue, answer: 'paused' };
  });
  app.post('/queues/resume', { schema: { body: ResumeBody } }, async ({ body: { queue, ...who } }) => ({
    queue,
    answer: await queues.resume(queue, who),
  }));
  app.post('/queues/drain', { schema: { body: DrainBody } }, async ({ body }, reply) =>
    reply.code(202).send({ bulk: { id: await queues.drain(body.queue, wordsOf(body)) } }),
  );
  app.post('/queues/move', { schema: { body: MoveBody } }, async ({ body }, reply) => {
    const { queue, to, filter } = body;
    const words = { ...wordsOf(body), ...(filter === undefined ? {} : { filter: selectionOf(filter) }) };
    return reply.code(202).send({ bulk: { id: await queues.move(queue, to, words) } });
  });
}
