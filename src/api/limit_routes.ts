import { Type } from 'typebox';
import { limitJson, limitPageJson } from '../client/limit_json.ts';
import type { LimitsClient } from '../client/limits.ts';
import type { TypedApp } from './typed_app.ts';

const CLOSED = { additionalProperties: false };
/** The key is all that follows: keys hold slashes. */
const Key = Type.Object({ '*': Type.String({ minLength: 1 }) });
const Count = Type.Integer({ minimum: 1, maximum: 1_000_000 });

const ListQuery = Type.Object(
  { prefix: Type.Optional(Type.String()), limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 })) },
  CLOSED,
);
const SetBody = Type.Object(
  {
    rate: Type.Optional(Type.String({ minLength: 1 })),
    burst: Type.Optional(Count),
    concurrency: Type.Optional(Count),
    weight: Type.Optional(Count),
  },
  { ...CLOSED, minProperties: 1 },
);
const KeyBody = Type.Object({ key: Type.String({ minLength: 1 }) }, CLOSED);
const HoldBody = Type.Object({ key: Type.String({ minLength: 1 }), for: Type.String({ minLength: 1 }) }, CLOSED);

/** /limits: how much the runs of a key may have. */
export function serveLimits(app: TypedApp, limits: LimitsClient): void {
  app.get('/limits', { schema: { querystring: ListQuery } }, async ({ query }) =>
    limitPageJson(await limits.list(query)),
  );
  app.get('/limits/*', { schema: { params: Key } }, async ({ params }) => ({
    limit: limitJson(await limits.get(params['*'])),
  }));
  app.put('/limits/*', { schema: { params: Key, body: SetBody } }, async ({ params, body }) => ({
    limit: limitJson(await limits.set(params['*'], body)),
  }));
  app.delete('/limits/*', { schema: { params: Key } }, async ({ params }) => ({
    limit: limitJson(await limits.set(params['*'], undefined)),
  }));
  app.post('/limits/reset', { schema: { body: KeyBody } }, async ({ body }) => ({
    limit: limitJson(await limits.reset(body.key)),
  }));
  app.post('/limits/hold', { schema: { body: HoldBody } }, async ({ body }) => ({
    limit: limitJson(await limits.hold(body.key, body.for)),
  }));
}
