import { afterEach, describe, expect, test } from 'vitest';
import { createApiRoutes, type ServedClient } from '../../src/api/api_routes.ts';
import { createApi, type Api, type ApiOptions } from '../../src/api/server.ts';
import type { Probe } from '../../src/api/readiness.ts';

/** Nothing here asks the client. */
const ROUTES = createApiRoutes({ token: undefined, client: {} as ServedClient });

const open: Api[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((api) => api.close()));
});

async function serve(
  probes: Probe[],
  render: ApiOptions['metrics']['render'] = () =>
    Promise.resolve({ contentType: 'text/plain', pieces: [Buffer.from('x 1\n'), Buffer.from('y 2\n')] }),
  routes: ApiOptions['api'] = ROUTES,
) {
  const told: string[] = [];
  const api = createApi({
    metrics: { render },
    probes,
    about: { version: '1.2.3', namespace: 'belfry', roles: ['api'] },
    onError: (message) => void told.push(message),
    api: routes,
  });
  open.push(api);
  return { api, told, url: await api.listen('127.0.0.1', 0) };
}

describe('the HTTP face', () => {
  test('names what there is', async () => {
    const { url } = await serve([]);
    const response = await fetch(url);
    expect(await response.json()).toMatchObject({
      name: 'belfry',
      version: '1.2.3',
      endpoints: { '/metrics': expect.any(String) as string },
    });
  });

  test('of a process that only works has no API, and says who has one', async () => {
    const { url } = await serve([], undefined, 'not-served');
    const { endpoints } = (await (await fetch(url)).json()) as { endpoints: object };
    expect(Object.keys(endpoints)).toEqual(['/metrics', '/healthz', '/readyz']);
    const hintFor = async (path: string): Promise<[number, unknown]> => {
      const response = await fetch(`${url}${path}`, { method: 'POST' });
      return [response.status, ((await response.json()) as { error: { hint: string } }).error.hint];
    };
    const roleApi = 'a worker does not serve the API: ask a process of the role api';
    for (const path of ['/api', '/api/', '/api?x', '/api/v1/runs/x/cancel']) {
      expect(await hintFor(path)).toEqual([404, roleApi]);
    }
    expect(await hintFor('/apiary')).toEqual([404, 'GET / names what there is']);
    expect((await fetch(`${url}/metrics`)).status).toBe(200);
  });

  test('is ready when every probe is content, and tells what is wrong when one is not', async () => {
    let wrong: string | undefined = undefined as string | undefined;
    const { url } = await serve([
      { name: 'redis', check: () => Promise.resolve(undefined) },
      { name: 'scheduler', check: () => wrong },
    ]);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    wrong = 'no pass over shard 0 for 12 s';
    const response = await fetch(`${url}/readyz`);
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({
      ready: false,
      checks: [
        { name: 'redis', ok: true },
        { name: 'scheduler', ok: false, reason: 'no pass over shard 0 for 12 s' },
      ],
    });
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  test('counts a probe that throws as not ready', async () => {
    const { url } = await serve([{ name: 'redis', check: () => Promise.reject(new Error('Connection is closed.')) }]);
    const response = await fetch(`${url}/readyz`);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ checks: [{ reason: 'Connection is closed.' }] });
  });

  test('answers errors as one JSON shape, and keeps the inside of a defect to its log', async () => {
    const { url, told } = await serve([], () => Promise.reject(new Error('secret detail')));
    const missing = await fetch(`${url}/nothing`);
    expect(missing.status).toBe(404);
    expect(await missing.json()).toEqual({
      error: { code: 'NOT_FOUND', message: 'no GET /nothing here', hint: 'GET / names what there is' },
    });
    const broken = await fetch(`${url}/metrics`);
    expect(broken.status).toBe(500);
    expect(await broken.text()).not.toContain('secret');
    expect(told).toEqual(['a request failed: secret detail']);
  });

  test('sends all pieces of the metrics as one answer with its length, also when many are large', async () => {
    const large = Array.from({ length: 300 }, (_, i) => Buffer.from(`${String(i)} `.repeat(8_000)));
    const { url } = await serve([], () => Promise.resolve({ contentType: 'text/x', pieces: large }));
    const response = await fetch(`${url}/metrics`);
    const wanted = Buffer.concat(large);
    expect(response.headers.get('content-type')).toBe('text/x');
    expect(response.headers.get('content-length')).toBe(String(wanted.byteLength));
    expect(Buffer.from(await response.arrayBuffer()).equals(wanted)).toBe(true);
    const head = await fetch(`${url}/metrics`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  test('is not troubled by a scraper that goes away before it is answered', async () => {
    const gone = new AbortController();
    let answer = (): void => undefined;
    let asked = (): void => undefined;
    const isAsked = new Promise<void>((resolve) => (asked = resolve));
    const render = () =>
      new Promise<{ contentType: string; pieces: Buffer[] }>((resolve) => {
        answer = () => resolve({ contentType: 'text/plain', pieces: [Buffer.from('x 1\n')] });
        asked();
      });
    const { api, told, url } = await serve([], render);
    const asking = fetch(`${url}/metrics`, { signal: gone.signal });
    await isAsked;
    gone.abort();
    await expect(asking).rejects.toThrow('aborted');
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    answer();
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    await api.close();
    expect(told).toEqual([]);
  });

  test('answers probes and metrics alone once it refuses', async () => {
    const { api, url } = await serve([]);
    api.refuse();
    expect((await fetch(url)).status).toBe(503);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect((await fetch(`${url}/metrics?x=1`)).status).toBe(200);
  });

  test('says which port is taken', async () => {
    const { url } = await serve([]);
    const port = Number(new URL(url).port);
    const second = createApi({
      metrics: { render: () => Promise.reject(new Error('never asked')) },
      probes: [],
      about: { version: '', namespace: '', roles: [] },
      onError: () => undefined,
      api: ROUTES,
    });
    await expect(second.listen('127.0.0.1', port)).rejects.toMatchObject({
      code: 'BAD_CONFIG',
      message: `port ${port} on 127.0.0.1 is taken`,
      hint: expect.stringContaining('BELFRY_PORT') as string,
    });
  });
});
