import { onTestFinished } from 'vitest';
import { createApiRoutes } from '../../src/api/api_routes.ts';
import { createApi } from '../../src/api/server.ts';
import type { Engine } from './engine.ts';

/** What opens the API of `serveApi`. */
export const TOKEN = 'a-token-of-this-test';

type Question = [method: string, path: string, body?: unknown, authorization?: string];
/** `body` is `{}` where the answer is empty. */
export type Answer = { status: number; body: Record<string, unknown> };
export type Ask = (...question: Question) => Promise<Answer>;
export type ServedApi = { ask: Ask; request: (...question: Question) => Promise<Response> };

/** Serves the API of an engine until the test ends; what is asked is below `/api/v1`. */
export function serveApi({ client }: Pick<Engine, 'client'>): Promise<ServedApi> {
  return serve(client, TOKEN);
}

/** The same without a token in its settings: nobody is let in. */
export function serveClosedApi({ client }: Pick<Engine, 'client'>): Promise<ServedApi> {
  return serve(client, undefined);
}

async function serve(client: Engine['client'], token: string | undefined): Promise<ServedApi> {
  const api = createApi({
    metrics: { render: () => Promise.resolve({ contentType: 'text/plain', pieces: [] }) },
    probes: [],
    about: { version: '1', namespace: 't', roles: ['api'] },
    onError: (message) => {
      throw new Error(message);
    },
    api: createApiRoutes({ token, client }),
  });
  onTestFinished(() => api.close());
  const url = await api.listen('127.0.0.1', 0);
  const request: ServedApi['request'] = (method, path, body, authorization = `Bearer ${TOKEN}`) =>
    fetch(`${url}/api/v1${path}`, {
      method,
      headers: { authorization, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const ask: Ask = async (...question) => {
    const response = await request(...question);
    const text = await response.text();
    return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Answer['body'] };
  };
  return { ask, request };
}
