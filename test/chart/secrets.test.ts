import { expect, test } from 'vitest';
import { ofKind, renderChart } from '../support/chart.ts';
import type { Manifest, Values } from '../support/chart.ts';
import { textAt } from '../support/chart/address.ts';
import { containersOf, nameOf, podsOf } from '../support/chart/pods.ts';

const KEYS = (letter: string): string => `k1:${Buffer.alloc(32, letter).toString('base64')}`;

/** Every secret that values can hold in plain text, each of which can be told from the others. */
const PLAIN = {
  apiToken: 'plain-token-of-the-api',
  payloadKeys: KEYS('p'),
  signingKeys: KEYS('s'),
  password: 'plain-password-of-redis',
  sentinel: 'plain-password-of-sentinels',
  redlock: 'redis://:plain-redlock@a',
  valkey: 'plain-password-of-valkey',
};

const withOwnRedis: Values = {
  apiToken: { value: PLAIN.apiToken },
  payloadKeys: { value: PLAIN.payloadKeys },
  signingKeys: { value: PLAIN.signingKeys },
  valkey: { enabled: false },
  externalRedis: {
    password: PLAIN.password,
    sentinel: { enabled: true, nodes: ['a:1'], password: PLAIN.sentinel },
    redlock: { urls: [PLAIN.redlock, 'redis://b'] },
  },
};
const withValkey: Values = { valkey: { auth: { password: PLAIN.valkey } } };

/** Where any of these secrets stands, as it is or as base64. */
function placesOf(manifests: readonly Manifest[]): string[] {
  const words = Object.values(PLAIN).flatMap((secret) => [secret, Buffer.from(secret).toString('base64')]);
  return manifests.filter((manifest) => words.some((word) => JSON.stringify(manifest).includes(word))).map(nameOf);
}

test('secrets in plain text stand in Secrets and nowhere else', async () => {
  const all = [...(await renderChart(withOwnRedis)), ...(await renderChart(withValkey))];
  const places = placesOf(all);
  expect(places).toContain('Secret bt-belfry-secrets');
  expect(places).toContain('Secret bt-belfry-valkey');
  expect(places.filter((place) => !place.startsWith('Secret '))).toEqual([]);
});

test('with Secrets that exist the chart makes none, and every pod reads from those', async () => {
  const manifests = await renderChart({
    apiToken: { existingSecret: 'mine' },
    payloadKeys: { existingSecret: 'mine' },
    signingKeys: { existingSecret: 'mine' },
    valkey: { enabled: false },
    externalRedis: {
      existingSecret: 'mine',
      sentinel: { enabled: true, nodes: ['a:1'], existingSecretPasswordKey: 'sentinel' },
      redlock: { existingSecret: 'mine' },
    },
  });
  expect(ofKind(manifests, 'Secret')).toEqual([]);
  const variables = podsOf(manifests).flatMap(({ spec }) => containersOf(spec).flatMap(({ env = [] }) => env));
  const references = variables.flatMap(({ valueFrom }) => valueFrom?.secretKeyRef?.name ?? []);
  expect(references.length).toBeGreaterThan(10);
  expect(new Set(references)).toEqual(new Set(['mine']));
});

test('the password of Valkey is not among the arguments or variables of a process', async () => {
  const text = JSON.stringify(ofKind(await renderChart(withValkey), 'StatefulSet'));
  expect(text).not.toContain(PLAIN.valkey);
  expect(text).not.toContain('requirepass $');
});

test('a password for Valkey is made up where none is given, long and new each time', async () => {
  const passwords = await Promise.all(
    ['one', 'two'].map(async (release) => {
      const [secret] = ofKind(await renderChart({}, { release }), 'Secret');
      return Buffer.from(textAt(secret, 'data.password'), 'base64').toString();
    }),
  );
  for (const password of passwords) expect(password).toMatch(/^[A-Za-z0-9]{32,}$/);
  expect(passwords[0]).not.toBe(passwords[1]);
});
