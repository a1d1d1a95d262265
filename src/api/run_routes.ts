import { Type } from 'typebox';
import type { RunsClient } from '../client/runs.ts';
import type { TypedApp } from './typed_app.ts';

const Params = Type.Object({ id: Type.String({ minLength: 1 }) });

/** /runs: the id is percent-encoded, since the names of jobs hold slashes. */
export function serveRuns(app: TypedApp, runs: Pick<RunsClient, 'cancel'>): void {
  app.post('/runs/:id/cancel', { schema: { params: Params } }, async ({ params: { id } }) => ({
    run: { id, answer: await runs.cancel(id) },
  }));
}
