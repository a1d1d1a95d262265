import { fastify, type FastifyInstance, type FastifyReply } from 'fastify';
import { BelfryError, messageOf } from '../core/errors.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { describeFailure } from './failure.ts';
import { readReadiness, type Probe } from './readiness.ts';
import { createSchemaController, describeSchemaError } from './schema_controller.ts';

/** Everything below /api, and how `GET /` names it. */
export type ApiRoutes = { serve: (app: FastifyInstance) => void; endpoints: Readonly<Record<string, string>> };

export type ApiOptions = {
  metrics: Pick<Metrics, 'render'>;
  probes: readonly Probe[];
  about: { version: string; namespace: string; roles: readonly string[] };
  onError: (message: string) => void;
  /** `not-served`: for a process that only works. Nobody needs the API there, and what is not there is not attacked. */
  api: ApiRoutes | 'not-served';
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
const NOT_SERVED = 'a worker does not serve the API: ask a process of the role api';
const asksApi = (url: string): boolean => /^\/api(?:[/?]|$)/.test(url);

export function createApi(options: ApiOptions): Api {
  const { api } = options;
  const app = fastify({
    forceCloseConnections: true,
    schemaController: createSchemaController(),
    schemaErrorFormatter: describeSchemaError,
  });
  let state: 'open' | 'stopping' = 'open';
  answerFailures(app, options);
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
    const { contentType, pieces } = await options.metrics.render(request.headers.accept);
    sendPieces(reply, contentType, pieces);
  });
  if (api !== 'not-served') api.serve(app);
  app.get('/', () => ({
    name: 'belfry',
    ...options.about,
    endpoints: {
      '/metrics': 'metrics for Prometheus',
      '/healthz': 'the process is up',
      '/readyz': 'it makes progress; 503 with the reason when it does not',
      ...(api === 'not-served' ? {} : api.endpoints),
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

/** As they are, with one call of the system: some megabytes are not copied into one before. */
function sendPieces(reply: FastifyReply, contentType: string, pieces: readonly Buffer[]): void {
  const { raw } = reply.hijack();
  if (raw.destroyed) return;
  const length = pieces.reduce((sum, { byteLength }) => sum + byteLength, 0);
  raw.writeHead(200, { 'content-type': contentType, 'content-length': length });
  raw.cork();
  for (const piece of pieces) raw.write(piece);
  raw.uncork();
  raw.end();
}

function wordsFor(
  code: string | undefined,
  { host, port, error }: { host: string; port: number; error: unknown },
): string {
  if (code === 'EADDRINUSE') return `port ${port} on ${host} is taken`;
  if (code === 'EACCES') return `port ${port} on ${host} needs rights that this user does not have`;
  return `cannot listen on ${host}:${port}: ${messageOf(error)}`;
}

function answerFailures(app: FastifyInstance, { onError, api }: Pick<ApiOptions, 'onError' | 'api'>): void {
  const answer = (thrown: unknown, reply: FastifyReply): FastifyReply => {
    const { status, body } = describeFailure(thrown);
    if (status === 500) onError(`a request failed: ${messageOf(thrown)}`);
    return reply.code(status).send(body);
  };
  app.setErrorHandler((thrown, _request, reply) => answer(thrown, reply));
  app.setNotFoundHandler((request, reply) =>
    answer(
      new BelfryError('NOT_FOUND', `no ${request.method} ${request.url} here`, {
        hint: api === 'not-served' && asksApi(request.url) ? NOT_SERVED : 'GET / names what there is',
      }),
      reply,
    ),
  );
}
