import { fastify, type FastifyInstance, type FastifyReply } from 'fastify';
import { BelfryError, messageOf } from '../core/errors.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { serveApi, type ServedClient } from './api_routes.ts';
import { describeFailure } from './failure.ts';
import { readReadiness, type Probe } from './readiness.ts';

export type ApiOptions = {
  metrics: Pick<Metrics, 'render'>;
  probes: readonly Probe[];
  about: { version: string; namespace: string; roles: readonly string[] };
  onError: (message: string) => void;
  /** What a caller of /api must show; undefined: nobody may call it. */
  token: string | undefined;
  client: ServedClient;
};

/** The HTTP face of a process. */
export type Api = {
  /** Answers the URL. Throws BAD_CONFIG with the field `port` when the port is taken. */
  listen(host: string, port: number): Promise<string>;
  /** From now on only probes and metrics are answered: the process is about to end. */
  refuse(): void;
  close(): Promise<void>;
};

const WHILE_STOPPING = ['/metrics', '/healthz', '/readyz'];

export function createApi(options: ApiOptions): Api {
  // What a request should not say is an error, never dropped in silence: an empty filter means everything.
  const app = fastify({ forceCloseConnections: true, ajv: { customOptions: { removeAdditional: false } } });
  let state: 'open' | 'stopping' = 'open';
  answerFailures(app, options.onError);
  app.addHook('onRequest', (request, reply, done) => {
    const isServed = state === 'open' || WHILE_STOPPING.includes(request.routeOptions.url ?? '');
    if (!isServed) void reply.header('connection', 'close');
    done(
      isServed
        ? undefined
        : new BelfryError('REDIS_UNAVAILABLE', 'this process is stopping', { hint: 'ask another replica' }),
    );
  });
  app.get('/healthz', () => ({ status: 'up' }));
  app.get('/readyz', async (_request, reply) => {
    const readiness = await readReadiness(options.probes);
    return reply.code(readiness.ready ? 200 : 503).send(readiness);
  });
  app.get('/metrics', async (request, reply) => {
    const { contentType, text } = await options.metrics.render(request.headers.accept);
    // As bytes: a text of some megabytes takes the socket ten times as long.
    return reply.header('content-type', contentType).send(Buffer.from(text));
  });
  serveApi(app, options);
  app.get('/', () => ({
    name: 'belfry',
    ...options.about,
    endpoints: {
      '/metrics': 'metrics for Prometheus',
      '/healthz': 'the process is up',
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
      '/readyz': 'it makes progress; 503 with the reason when it does not',
    },
  }));
  return {
    listen: (host, port) => listen(app, host, port),
    refuse: () => (state = 'stopping'),
    close: () => app.close(),
  };
}

async function listen(app: FastifyInstance, host: string, port: number): Promise<string> {
  try {
    return await app.listen({ host, port, listenTextResolver: () => '' });
  } catch (error) {
    throw new BelfryError('BAD_CONFIG', wordsFor((error as NodeJS.ErrnoException).code, { host, port, error }), {
      field: 'port',
      hint: 'choose another one with BELFRY_PORT, or end what listens there',
      cause: error,
    });
  }
}

function wordsFor(
  code: string | undefined,
  { host, port, error }: { host: string; port: number; error: unknown },
): string {
  if (code === 'EADDRINUSE') return `port ${port} on ${host} is taken`;
  if (code === 'EACCES') return `port ${port} on ${host} needs rights that this user does not have`;
  return `cannot listen on ${host}:${port}: ${messageOf(error)}`;
}

function answerFailures(app: FastifyInstance, onError: (message: string) => void): void {
  const answer = (thrown: unknown, reply: FastifyReply): FastifyReply => {
    const { status, body } = describeFailure(thrown);
    if (status === 500) onError(`a request failed: ${messageOf(thrown)}`);
    return reply.code(status).send(body);
  };
  app.setErrorHandler((thrown, _request, reply) => answer(thrown, reply));
  app.setNotFoundHandler((request, reply) =>
    answer(
      new BelfryError('NOT_FOUND', `no ${request.method} ${request.url} here`, { hint: 'GET / names what there is' }),
      reply,
    ),
  );
}
