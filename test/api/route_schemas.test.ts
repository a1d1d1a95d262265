import { fastify, type FastifyServerOptions, type InjectOptions } from 'fastify';
import { afterEach, expect, test } from 'vitest';
import { createApiRoutes, type ServedClient } from '../../src/api/api_routes.ts';
import { createSchemaController } from '../../src/api/schema_controller.ts';

const TOKEN = 'a-token';
const AT_ONCE: FastifyServerOptions = { ajv: { customOptions: { removeAdditional: false } } };
const LATER: FastifyServerOptions = { schemaController: createSchemaController() };

/** Answers what it was given, so that coercion and defaults are seen. */
const ECHO = {
  querystring: {
    type: 'object',
    properties: {
      limit: { type: 'integer', minimum: 1 },
      ids: { type: 'array', items: { type: 'string' } },
      of: { default: 7 },
    },
    additionalProperties: false,
  },
};

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((app) => app.close()));
});

function createApp(options: FastifyServerOptions) {
  const app = fastify(options);
  open.push(app);
  createApiRoutes({ token: TOKEN, client: {} as ServedClient }).serve(app);
  app.get('/echo', { schema: ECHO }, ({ query }) => query as object);
  return app;
}

test('the schema of every route is one: a wrong one would be found by the first request only', async () => {
  await expect(createApp(AT_ONCE).ready()).resolves.toBeDefined();
});

test.each<[InjectOptions['method'] & string, string, object?]>([
  ['GET', '/api/v1/schedules?limit=many'],
  ['GET', '/api/v1/schedules?limit=0'],
  ['GET', '/api/v1/schedules?state=sleeping'],
  ['GET', '/api/v1/schedules?colour=red'],
  ['POST', '/api/v1/schedules'],
  ['POST', '/api/v1/schedules', { schedules: [], more: true }],
  ['POST', '/api/v1/freezes', { by: 'ada', why: 'x', from: 'tomorrow' }],
  ['POST', '/api/v1/schedules/pause', { ids: ['a'], filter: {}, by: '', note: '' }],
  ['PUT', '/api/v1/limits/', { concurrency: 1 }],
  ['GET', '/echo?limit=3&ids=a'],
  ['GET', '/echo?ids=a&ids=b'],
])('%s %s is judged as by a check that is compiled at the start', async (method, url, body) => {
  const request: InjectOptions = { method, url, headers: { authorization: `Bearer ${TOKEN}` } };
  const ask = async (options: FastifyServerOptions) => {
    const app = createApp(options);
    const answers = [];
    for (let time = 0; time < 2; time += 1) {
      const { statusCode, body: said } = await app.inject({
        ...request,
        ...(body === undefined ? {} : { payload: body }),
      });
      answers.push({ statusCode, said: JSON.parse(said) as unknown });
    }
    expect(answers[1]).toEqual(answers[0]);
    return answers[0];
  };
  const later = await ask(LATER);
  expect(later?.statusCode).toBe(url.startsWith('/echo') ? 200 : 400);
  expect(later).toEqual(await ask(AT_ONCE));
});
