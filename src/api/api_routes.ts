import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import type { Client } from '../client/client.ts';
import { rolloutJson } from '../client/rollout_json.ts';
import { createAuthorize } from './authorize.ts';
import { serveBatches } from './batch_routes.ts';
import { serveBulk } from './bulk_routes.ts';
import { serveCalendars } from './calendar_routes.ts';
import { serveDeadLetters } from './dead_letter_routes.ts';
import { serveFreezes } from './freeze_routes.ts';
import { serveLimits } from './limit_routes.ts';
import { serveQueues } from './queue_routes.ts';
import { serveRuns } from './run_routes.ts';
import { serveSchedules } from './schedule_routes.ts';
import { serveWorkers } from './worker_routes.ts';

/** What the API reaches of the client. */
export type ServedClient = Pick<
  Client,
  | 'bulk'
  | 'deadLetters'
  | 'overview'
  | 'queues'
  | 'workers'
  | 'batches'
  | 'dependencies'
  | 'schedules'
  | 'freezes'
  | 'calendars'
  | 'limits'
  | 'runs'
  | 'rollout'
>;

/** Everything under /api/v1. Nothing of it is served without the token: a new route is closed by default. */
export function serveApi(
  app: FastifyInstance,
  { token, client }: { token: string | undefined; client: ServedClient },
): void {
  const authorize = createAuthorize(token);
  void app.register(
    (scope, _options, done) => {
      scope.addHook('onRequest', (request, reply, next) => {
        void reply.header('www-authenticate', 'Bearer');
        authorize(request);
        void reply.removeHeader('www-authenticate');
        next();
      });
      const typed = scope.withTypeProvider<TypeBoxTypeProvider>();
      serveSchedules(typed, client.schedules);
      serveFreezes(typed, client.freezes);
      serveCalendars(typed, client.calendars);
      serveLimits(typed, client.limits);
      serveBatches(typed, client.batches);
      typed.get('/jobs/graph', async () => ({ jobs: await client.dependencies.graph() }));
      serveRuns(typed, client.runs);
      typed.get('/rollout', async () => rolloutJson(await client.rollout.status()));
      serveQueues(typed, client);
      serveWorkers(typed, client.workers);
      serveBulk(typed, client.bulk);
      serveDeadLetters(typed, client.deadLetters);
      done();
    },
    { prefix: '/api/v1' },
  );
}
