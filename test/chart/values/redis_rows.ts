import { expect } from 'vitest';
import type { Group } from '../../support/chart/value_rows.ts';
import { SCHEDULER, VALKEY, base64, secretOf, variable } from './places.ts';

const DIGEST = `sha256:${'b2'.repeat(32)}`;
const REDIS_URL = variable('REDIS_URL');
const own = (externalRedis: object): { valkey: object; externalRedis: object } => ({
  valkey: { enabled: false },
  externalRedis,
});

const EXTERNAL_ROWS: readonly Group[] = [
  {
    name: 'externalRedis by host',
    base: own({ host: 'one' }),
    rows: [
      ['externalRedis.host', 'two', REDIS_URL, expect.stringContaining('://two:')],
      ['externalRedis.port', 6380, REDIS_URL, expect.stringContaining(':6380/')],
      ['externalRedis.database', 3, REDIS_URL, expect.stringMatching(/\/3$/)],
      ['externalRedis.username', 'ringer', variable('REDIS_USERNAME')],
      ['externalRedis.password', 'plain', 'Secret/secrets data[redis-password]', base64('plain')],
      ['externalRedis.tls.enabled', true, REDIS_URL, expect.stringMatching(/^rediss:/)],
      ['externalRedis.tls.caSecret', 'ca', `${SCHEDULER}.volumes[redis-ca].secret.secretName`],
      ['externalRedis.tls.caSecretKey', 'root.pem', variable('REDIS_TLS_CA'), expect.stringMatching(/\/root\.pem$/)],
      ['externalRedis.tls.clientSecret', 'me', `${SCHEDULER}.volumes[redis-client].secret.secretName`],
      [
        'externalRedis.tls.clientSecretCertKey',
        'me.crt',
        variable('REDIS_TLS_CERT'),
        expect.stringMatching(/\/me\.crt$/),
      ],
      [
        'externalRedis.tls.clientSecretKeyKey',
        'me.key',
        variable('REDIS_TLS_KEY'),
        expect.stringMatching(/\/me\.key$/),
      ],
    ],
  },
  {
    name: 'externalRedis by url',
    base: own({ url: 'redis://one' }),
    rows: [['externalRedis.url', 'redis://two/1', REDIS_URL]],
  },
  {
    name: 'the password of externalRedis in a Secret',
    base: own({ host: 'one' }),
    rows: [
      ['externalRedis.existingSecret', 'mine', `${secretOf('REDIS_PASSWORD')}.name`],
      ['externalRedis.existingSecretPasswordKey', 'pw', `${secretOf('REDIS_PASSWORD')}.key`],
    ],
  },
  {
    name: 'the URL of externalRedis in a Secret',
    base: own({ existingSecret: 'mine', existingSecretUrlKey: 'one' }),
    rows: [['externalRedis.existingSecretUrlKey', 'two', `${secretOf('REDIS_URL')}.key`]],
  },
  {
    name: 'Sentinel',
    base: own({ host: 'one', sentinel: { nodes: ['s:1'] } }),
    also: { externalRedis: { host: '' } },
    rows: [['externalRedis.sentinel.enabled', true, REDIS_URL, 'redis+sentinel://s:1/mymaster/0']],
  },
  {
    name: 'what the Sentinels are asked',
    base: own({ existingSecret: 'mine', sentinel: { enabled: true, nodes: ['s:1'], existingSecretPasswordKey: 'pw' } }),
    rows: [
      ['externalRedis.sentinel.masterName', 'bells', REDIS_URL, expect.stringContaining('/bells/')],
      ['externalRedis.sentinel.nodes', ['a:1', 'b:2'], REDIS_URL, expect.stringContaining('://a:1,b:2/')],
      ['externalRedis.sentinel.existingSecretPasswordKey', 'spw', `${secretOf('REDIS_SENTINEL_PASSWORD')}.key`],
    ],
  },
  {
    name: 'the password of the Sentinels in plain text',
    base: own({ sentinel: { enabled: true, nodes: ['s:1'] } }),
    rows: [
      ['externalRedis.sentinel.password', 'plain', 'Secret/secrets data[redis-sentinel-password]', base64('plain')],
    ],
  },
  {
    name: 'Cluster',
    base: own({ host: 'one', cluster: { nodes: ['c:1'] } }),
    also: { externalRedis: { host: '' } },
    rows: [['externalRedis.cluster.enabled', true, REDIS_URL, 'redis+cluster://c:1']],
  },
  {
    name: 'the nodes of a Cluster',
    base: own({ cluster: { enabled: true, nodes: ['c:1'] } }),
    rows: [['externalRedis.cluster.nodes', ['d:1', 'e:2'], REDIS_URL, 'redis+cluster://d:1,e:2']],
  },
  {
    name: 'redlock in plain text',
    rows: [
      [
        'externalRedis.redlock.urls',
        ['redis://a', 'redis://b'],
        'Secret/secrets data.redlock',
        base64('redis://a,redis://b'),
      ],
    ],
  },
  {
    name: 'redlock in a Secret',
    rows: [
      ['externalRedis.redlock.existingSecret', 'mine', `${secretOf('BELFRY_REDLOCK')}.name`],
      ['externalRedis.redlock.existingSecretKey', 'nodes', `${secretOf('BELFRY_REDLOCK')}.key`],
    ],
  },
];

const VALKEY_ROWS: readonly Group[] = [
  {
    name: 'no Valkey',
    also: { externalRedis: { host: 'one' } },
    rows: [['valkey.enabled', false, 'StatefulSet/valkey', undefined]],
  },
  {
    name: 'Valkey',
    rows: [
      [
        'valkey.image.registry',
        'registry.example.com',
        `${VALKEY}.containers[valkey].image`,
        expect.stringMatching(/^registry\.example\.com\//),
      ],
      [
        'valkey.image.repository',
        'ours/valkey',
        `${VALKEY}.containers[valkey].image`,
        expect.stringContaining('/ours/valkey:'),
      ],
      ['valkey.image.tag', '9.0.0', `${VALKEY}.containers[valkey].image`, expect.stringMatching(/:9\.0\.0$/)],
      ['valkey.image.pullPolicy', 'Always', `${VALKEY}.containers[valkey].imagePullPolicy`],
      ['valkey.auth.password', 'plain', 'Secret/valkey data.password', base64('plain')],
      [
        'valkey.maxmemory',
        '300mb',
        `${VALKEY}.containers[valkey].command[2]`,
        expect.stringContaining('--maxmemory 300mb'),
      ],
      [
        'valkey.persistence.size',
        '5Gi',
        'StatefulSet/valkey spec.volumeClaimTemplates[0].spec.resources.requests.storage',
      ],
      [
        'valkey.persistence.storageClass',
        'fast',
        'StatefulSet/valkey spec.volumeClaimTemplates[0].spec.storageClassName',
      ],
      [
        'valkey.persistence.annotations',
        { keep: 'yes' },
        'StatefulSet/valkey spec.volumeClaimTemplates[0].metadata.annotations.keep',
        'yes',
      ],
      ['valkey.resources.requests.cpu', '7m', `${VALKEY}.containers[valkey].resources.requests.cpu`],
      ['valkey.resources.requests.memory', '8Mi', `${VALKEY}.containers[valkey].resources.requests.memory`],
      ['valkey.resources.limits.memory', '900Mi', `${VALKEY}.containers[valkey].resources.limits.memory`],
      ['valkey.podAnnotations', { a: 'b' }, 'StatefulSet/valkey spec.template.metadata.annotations.a', 'b'],
      ['valkey.podLabels', { c: 'd' }, 'StatefulSet/valkey spec.template.metadata.labels.c', 'd'],
      ['valkey.nodeSelector', { disk: 'ssd' }, `${VALKEY}.nodeSelector`],
      ['valkey.tolerations', [{ key: 'store', operator: 'Exists' }], `${VALKEY}.tolerations`],
      ['valkey.affinity', { nodeAffinity: {} }, `${VALKEY}.affinity`],
      ['valkey.priorityClassName', 'high', `${VALKEY}.priorityClassName`],
      ['valkey.podSecurityContext.runAsNonRoot', false, `${VALKEY}.securityContext.runAsNonRoot`],
      ['valkey.podSecurityContext.runAsUser', 11, `${VALKEY}.securityContext.runAsUser`],
      ['valkey.podSecurityContext.runAsGroup', 12, `${VALKEY}.securityContext.runAsGroup`],
      ['valkey.podSecurityContext.fsGroup', 13, `${VALKEY}.securityContext.fsGroup`],
      ['valkey.podSecurityContext.fsGroupChangePolicy', 'Always', `${VALKEY}.securityContext.fsGroupChangePolicy`],
      ['valkey.podSecurityContext.seccompProfile.type', 'Unconfined', `${VALKEY}.securityContext.seccompProfile.type`],
      [
        'valkey.securityContext.allowPrivilegeEscalation',
        true,
        `${VALKEY}.containers[valkey].securityContext.allowPrivilegeEscalation`,
      ],
      [
        'valkey.securityContext.readOnlyRootFilesystem',
        false,
        `${VALKEY}.containers[valkey].securityContext.readOnlyRootFilesystem`,
      ],
      [
        'valkey.securityContext.capabilities.drop',
        ['NET_RAW'],
        `${VALKEY}.containers[valkey].securityContext.capabilities.drop`,
      ],
    ],
  },
  {
    name: 'the digest of Valkey',
    rows: [['valkey.image.digest', DIGEST, `${VALKEY}.containers[valkey].image`, `docker.io/valkey/valkey@${DIGEST}`]],
  },
  {
    name: 'the password of Valkey in a Secret',
    rows: [
      ['valkey.auth.existingSecret', 'mine', `${secretOf('REDIS_PASSWORD')}.name`],
      ['valkey.auth.existingSecretPasswordKey', 'pw', `${secretOf('REDIS_PASSWORD')}.key`],
    ],
  },
  {
    name: 'Valkey without a volume',
    rows: [['valkey.persistence.enabled', false, `${VALKEY}.volumes[data].emptyDir`, {}]],
  },
  {
    name: 'Valkey on a claim that exists',
    rows: [['valkey.persistence.existingClaim', 'mine', `${VALKEY}.volumes[data].persistentVolumeClaim.claimName`]],
  },
];

/** Where the data is. */
export const REDIS_ROWS: readonly Group[] = [...EXTERNAL_ROWS, ...VALKEY_ROWS];
