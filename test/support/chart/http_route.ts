import { Ajv } from 'ajv';
import { Type } from 'typebox';

/**
 * The part of HTTPRoute that a chart can want, closed to unknown fields. Source: the CRD of the Gateway API 1.2, standard
 * channel, with its limits on lengths and its patterns of names.
 */
const closed = { additionalProperties: false };
const Name = Type.String({ minLength: 1, maxLength: 253 });
const Port = Type.Integer({ minimum: 1, maximum: 65_535 });
const Hostname = Type.String({
  pattern: '^(\\*\\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$',
  maxLength: 253,
});
const Duration = Type.String({ pattern: '^([0-9]{1,5}(h|m|s|ms)){1,4}$' });
const Header = Type.Object({ name: Name, value: Type.String({ minLength: 1, maxLength: 4_096 }) }, closed);
const HeaderChange = Type.Object(
  {
    set: Type.Optional(Type.Array(Header, { maxItems: 16 })),
    add: Type.Optional(Type.Array(Header, { maxItems: 16 })),
    remove: Type.Optional(Type.Array(Type.String(), { maxItems: 16 })),
  },
  closed,
);
const Filter = Type.Union([
  Type.Object({ type: Type.Literal('RequestHeaderModifier'), requestHeaderModifier: HeaderChange }, closed),
  Type.Object({ type: Type.Literal('ResponseHeaderModifier'), responseHeaderModifier: HeaderChange }, closed),
]);
const ParentRef = Type.Object(
  {
    group: Type.Optional(Type.String()),
    kind: Type.Optional(Type.String()),
    namespace: Type.Optional(Name),
    name: Name,
    sectionName: Type.Optional(Name),
    port: Type.Optional(Port),
  },
  closed,
);
const Path = Type.Object(
  {
    type: Type.Union([Type.Literal('Exact'), Type.Literal('PathPrefix'), Type.Literal('RegularExpression')]),
    value: Type.String({ maxLength: 1_024 }),
  },
  closed,
);
const BackendRef = Type.Object(
  {
    group: Type.Optional(Type.String()),
    kind: Type.Optional(Type.String()),
    name: Name,
    namespace: Type.Optional(Name),
    port: Port,
    weight: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000 })),
  },
  closed,
);
const HttpRoute = Type.Object(
  {
    apiVersion: Type.Literal('gateway.networking.k8s.io/v1'),
    kind: Type.Literal('HTTPRoute'),
    metadata: Type.Object(
      {
        name: Name,
        namespace: Type.Optional(Name),
        labels: Type.Optional(Type.Record(Type.String(), Type.String())),
        annotations: Type.Optional(Type.Record(Type.String(), Type.String())),
      },
      closed,
    ),
    spec: Type.Object(
      {
        parentRefs: Type.Array(ParentRef, { minItems: 1, maxItems: 32 }),
        hostnames: Type.Optional(Type.Array(Hostname, { maxItems: 16 })),
        rules: Type.Array(
          Type.Object(
            {
              name: Type.Optional(Name),
              matches: Type.Optional(Type.Array(Type.Object({ path: Path }, closed), { maxItems: 64 })),
              filters: Type.Optional(Type.Array(Filter, { maxItems: 16 })),
              backendRefs: Type.Array(BackendRef, { minItems: 1, maxItems: 16 }),
              timeouts: Type.Optional(
                Type.Object({ request: Type.Optional(Duration), backendRequest: Type.Optional(Duration) }, closed),
              ),
            },
            closed,
          ),
          { minItems: 1, maxItems: 16 },
        ),
      },
      closed,
    ),
  },
  closed,
);

const ajv = new Ajv({ allErrors: true });
const check = ajv.compile(HttpRoute);

/** What is wrong with an HTTPRoute, unknown fields included; undefined where nothing is. */
export function validateHttpRoute(manifest: unknown): string | undefined {
  return check(manifest) ? undefined : ajv.errorsText(check.errors, { dataVar: '' });
}
