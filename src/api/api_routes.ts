import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyRequest } from 'fastify';
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
import type { ApiRoutes } from './server.ts';
import { serveWorkers } from './worker_routes.ts';

const ENDPOINTS = {
  '/api/v1/schedules': 'schedules: list, save, pause, resume, delete, trigger; needs the token',
  '/api/v1/runs/{id}/cancel': 'takes a waiting run away, or stops a running one; needs the token',
  '/api/v1/freezes': 'freezes of the whole namespace; needs the token',
  '/api/v1/calendars': 'days that schedules leave out by naming them; needs the token',
  '/api/v1/limits': 'limits of keys: list, show, set, hold, reset; needs the token',
  '/api/v1/batches': 'runs that are counted together: list, create, add, close, cancel; needs the token',
  '/api/v1/jobs/graph': 'which jobs come after which; needs the token',
  '/api/v1/queues': 'queues: list, pause, resume, drain, move, backlog of a pool; needs the token',
  '/api/v1/workers': 'workers: list, show, drain, how the last restart went; needs the token',
  '/api/v1/bulk': 'operations over many runs: start, list, show, cancel; needs the token',
  '/api/v1/dead-letters': 'dead letters: list, show, redrive, delete, export; needs the token',
  '/api/v1/rollout': 'which versions run and lead, and how far the newest one is; needs the token',
};

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

export type ApiRoutesOptions = {
  /** What a caller must show; undefined: nobody may call. */
  token: string | undefined;
  client: ServedClient;
};

/** Everything under /api/v1. Nothing of it is served without the token: a new route is closed by default. */
export function createApiRoutes({ token, client }: ApiRoutesOptions): ApiRoutes {
  return { endpoints: ENDPOINTS, serve: (app) => serveApi(app, createAuthorize(token), client) };
}

function serveApi(app: FastifyInstance, authorize: (request: FastifyRequest) => void, client: ServedClient): void {
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
