import { BelfryError } from '../core/errors.ts';
import type { RedisAuth, RedisTarget, RedisTls, SingleTarget } from '../core/redis_target.ts';
import { readText } from './files.ts';
import { secretFrom } from './environment.ts';
import { parseRedisUrl } from './redis_url.ts';
import type { BesideUrl } from './redis_url.ts';
import { badValue } from './reading.ts';
import type { Written } from './reading.ts';

type Variables = ReadonlyMap<string, string>;

/** Where Redis is: BELFRY_REDIS_URL, else REDIS_URL, else the file's `redisUrl`, else an embedded server. */
export function readRedis(variables: Variables, fromFile: Written | undefined): RedisTarget {
  const written = secretFrom(variables, 'BELFRY_REDIS_URL') ?? secretFrom(variables, 'REDIS_URL') ?? fromFile;
  if (written === undefined) return { kind: 'embedded' };
  if (typeof written.value !== 'string') throw badValue(written, 'a Redis URL such as redis://localhost:6379/0');
  return parseRedisUrl(written.value, written.place, besideUrl(variables));
}

/**
 * The nodes that hold the leader's lock beside the data Redis. Together they must be an odd number: an even one needs
 * as large a majority as the next odd one, and so bears no more losses.
 */
export function readRedlock(variables: Variables, fromFile: Written | undefined): SingleTarget[] {
  const written = secretFrom(variables, 'BELFRY_REDLOCK') ?? fromFile;
  if (written === undefined) return [];
  const { value, place } = written;
  const urls = typeof value === 'string' ? value.split(/[\s,]+/).filter((url) => url !== '') : value;
  if (!Array.isArray(urls) || !urls.every((url): url is string => typeof url === 'string')) {
    throw badValue(written, 'a list of Redis URLs');
  }
  if (urls.length % 2 === 1) {
    throw new BelfryError('BAD_CONFIG', `${place} and the data Redis make ${String(urls.length + 1)} lock nodes`, {
      field: place,
      hint: `an odd number in all: name ${String(urls.length + 1)} nodes here, or ${String(urls.length - 1)}`,
    });
  }
  const beside = tlsFrom(variables);
  return urls.map((url, index) => singleOf(url, `${place}, node ${String(index + 1)}`, beside));
}

function singleOf(url: string, place: string, tls: RedisTls | undefined): SingleTarget {
  const target = parseRedisUrl(url, place, /^rediss/i.test(url) && tls !== undefined ? { tls } : {});
  if (target.kind !== 'single') {
    throw new BelfryError('BAD_CONFIG', `${place} is a ${target.kind}`, {
      field: place,
      hint: 'one server: redis://…',
    });
  }
  return target;
}

function besideUrl(variables: Variables): BesideUrl {
  const username = variables.get('REDIS_USERNAME');
  const password = secretFrom(variables, 'REDIS_PASSWORD')?.value;
  const sentinelPassword = secretFrom(variables, 'REDIS_SENTINEL_PASSWORD')?.value;
  const tls = tlsFrom(variables);
  const auth: RedisAuth = {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  };
  return {
    auth,
    ...(sentinelPassword === undefined ? {} : { sentinelAuth: { password: sentinelPassword } }),
    ...(tls === undefined ? {} : { tls }),
  };
}

/** PEM files named by REDIS_TLS_CA, REDIS_TLS_CERT and REDIS_TLS_KEY. */
function tlsFrom(variables: Variables): RedisTls | undefined {
  const named = (['CA', 'CERT', 'KEY'] as const).flatMap((part) => {
    const place = `REDIS_TLS_${part}`;
    const file = variables.get(place);
    if (file === undefined) return [];
    const pem = readText(file, place);
    if (!pem.includes('-----BEGIN')) throw badValue({ value: file, place }, 'a file in PEM form (-----BEGIN …)');
    return [[part.toLowerCase(), pem] as const];
  });
  if (named.length === 0) return undefined;
  const tls: RedisTls = Object.fromEntries(named);
  if ((tls.cert === undefined) !== (tls.key === undefined)) {
    const missing = tls.cert === undefined ? 'REDIS_TLS_CERT' : 'REDIS_TLS_KEY';
    throw new BelfryError('BAD_CONFIG', `${missing} is not set`, {
      field: missing,
      hint: 'a certificate and its key together',
    });
  }
  return tls;
}
