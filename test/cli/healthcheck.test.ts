import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { makePlace, runBelfry } from '../support/belfry_process.ts';
import { ask, askJson } from '../support/desk.ts';
import { eventually } from '../support/eventually.ts';
import { startFleet, type TestFleet } from '../support/fleet.ts';
import { freePort } from '../support/free_port.ts';

let fleet: TestFleet;
let port = '';
beforeAll(async () => {
  fleet = await startFleet();
  ({ port } = new URL(await fleet.belfry.url()));
});

/** An HTTP server that answers so, for the length of a test. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/readyz`;
}

describe('belfry healthcheck', () => {
  test('exits 0 where the Belfry of the configured port makes progress', async () => {
    const { code, out, err } = await ask(['healthcheck'], { variables: { BELFRY_PORT: port } });
    expect({ code, out, err }).toEqual({ code: 0, out: `ready: http://127.0.0.1:${port}/readyz\n`, err: '' });
  });

  test('asks the loopback address of a process that listens on all of them', async () => {
    const ended = await runBelfry(fleet.place, ['healthcheck'], { BELFRY_PORT: port, BELFRY_HOST: '0.0.0.0' });
    expect(ended).toMatchObject({ code: 0, stdout: `ready: http://127.0.0.1:${port}/readyz\n` });
  });

  test('asks another address with --url, and answers JSON', async () => {
    const answer = await askJson(['healthcheck', '--url', `http://127.0.0.1:${port}/readyz`]);
    expect(answer).toMatchObject({
      ready: true,
      checks: [{ name: 'process', ok: true }, { name: 'redis', ok: true }, {}, {}],
    });
  });

  test('exits 1 and says why while Redis does not answer', async () => {
    fleet.redis.freeze();
    onTestFinished(fleet.redis.thaw);
    await eventually(async () => {
      const { code, err } = await ask(['healthcheck'], { variables: { BELFRY_PORT: port } });
      expect(err).toContain(`/readyz is not ready: redis: `);
      expect(code).toBe(1);
    });
    const { code, out } = await ask(['healthcheck', '--json'], { variables: { BELFRY_PORT: port } });
    expect(JSON.parse(out)).toMatchObject({ ready: false });
    expect(code).toBe(1);
  });

  test('exits 1 where nobody listens', async () => {
    const { code, err } = await ask(['healthcheck'], { variables: { BELFRY_PORT: String(await freePort()) } });
    expect(err).toMatch(/is not ready: http: .*ECONNREFUSED/);
    expect(code).toBe(1);
  });

  test('waits no longer than --timeout', async () => {
    const url = await serve(() => undefined);
    const { code, err } = await ask(['healthcheck', '--url', url, '--timeout', '50ms']);
    expect(err).toContain('http: no answer within 50ms');
    expect(code).toBe(1);
  });

  test('is not taken in by another server on that port', async () => {
    const missing = await serve((_request, response) => response.writeHead(404).end('<html>'));
    expect((await ask(['healthcheck', '--url', missing])).err).toContain('http: it answered 404');
    const moved = await serve((_request, response) => response.writeHead(302, { location: missing }).end());
    expect((await ask(['healthcheck', '--url', moved])).code).toBe(1);
  });

  test.each([
    { words: ['--url', 'localhost'], says: '--url is "localhost"' },
    { words: ['--timeout', 'soon'], says: '--timeout is "soon"' },
    { words: ['--timeout', '0s'], says: '--timeout is 0' },
  ])('refuses $words', async ({ words, says }) => {
    const { code, err } = await ask(['healthcheck', ...words]);
    expect(err).toContain(`error: ${says}`);
    expect(code).toBe(2);
  });

  test('asks for a port where any free one is configured', async () => {
    const { code, err } = await ask(['healthcheck'], { variables: { BELFRY_PORT: '0' }, place: makePlace() });
    expect(err).toContain('hint: set BELFRY_PORT, or name the address with --url');
    expect(code).toBe(1);
  });
});
