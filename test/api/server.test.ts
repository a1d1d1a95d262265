import { afterEach, describe, expect, test } from 'vitest';
import type { ServedClient } from '../../src/api/api_routes.ts';
import { createApi, type Api } from '../../src/api/server.ts';
import type { Probe } from '../../src/api/readiness.ts';

/** Nothing here asks it. */
const NO_CLIENT = {} as ServedClient;

const open: Api[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((api) => api.close()));
});

async function serve(probes: Probe[], render = () => Promise.resolve({ contentType: 'text/plain', text: 'x 1\n' })) {
  const told: string[] = [];
  const api = createApi({
    metrics: { render },
    probes,
    about: { version: '1.2.3', namespace: 'belfry', roles: ['api'] },
    onError: (message) => void told.push(message),
    token: undefined,
    client: NO_CLIENT,
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
      token: undefined,
      client: NO_CLIENT,
    });
    await expect(second.listen('127.0.0.1', port)).rejects.toMatchObject({
      code: 'BAD_CONFIG',
      message: `port ${port} on 127.0.0.1 is taken`,
      hint: expect.stringContaining('BELFRY_PORT') as string,
    });
  });
});
