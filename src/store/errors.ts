import { BelfryError, messageOf } from '../core/errors.ts';

/** Turns what ioredis or a script threw into a coded error that says what to do. Passes coded errors through. */
export function translateRedisError(thrown: unknown): BelfryError {
  if (thrown instanceof BelfryError) return thrown;
  forgetArguments(thrown);
  const message = messageOf(thrown);
  const rule = RULES.find(({ pattern }) => pattern.test(message));
  if (rule) return new BelfryError(rule.code, rule.says(message), { hint: rule.hint, cause: thrown });
  return new BelfryError('INTERNAL', message, { cause: thrown });
}

const UNREACHABLE =
  /ECONNREFUSED|ENOENT|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND|EAI_AGAIN|Connection is closed|timed out|Stream isn't writeable|LOADING|CLUSTERDOWN|All sentinels are unreachable|Failed to refresh slots|max retries per request|None of startup nodes/i;

const RULES = [
  {
    pattern: /certificate|altnames|wrong version number/i,
    code: 'REDIS_AUTH',
    says: (message: string) => `the TLS handshake with Redis failed: ${message}`,
    hint: 'name the authority that signed its certificate in REDIS_TLS_CA, and its host name in REDIS_URL as the certificate has it',
  },
  {
    pattern: /WRONGPASS|NOAUTH|invalid password|without any password configured|NOPERM/i,
    code: 'REDIS_AUTH',
    says: (message: string) => `Redis refused the credentials: ${message}`,
    hint: 'check the user and password in REDIS_URL or REDIS_PASSWORD, and that the ACL user may run scripts on the namespace',
  },
  {
    pattern: /\bOOM\b/,
    code: 'REDIS_FULL',
    says: () => 'Redis is at maxmemory and takes no new runs; running ones go on and complete',
    hint: 'raise maxmemory, let the backlog drain, or shorten the history; check maxmemory-policy is noeviction',
  },
  {
    pattern: /READONLY/,
    code: 'REDIS_READ_ONLY',
    says: () => 'this Redis is a read-only replica',
    hint: 'point REDIS_URL at the primary, or use Sentinel (redis+sentinel://host:26379/name) so that it is found',
  },
  {
    pattern: /MISCONF|NOREPLICAS/,
    code: 'REDIS_UNAVAILABLE',
    says: (message: string) => `Redis takes no writes: ${message}`,
    hint: 'look at the disk of Redis (MISCONF) or its replicas (NOREPLICAS)',
  },
  {
    pattern: UNREACHABLE,
    code: 'REDIS_UNAVAILABLE',
    says: (message: string) => `Redis cannot be reached: ${message}`,
    hint: 'check that it runs and that REDIS_URL names it; Belfry reconnects by itself',
  },
] as const;

/** ioredis hangs the whole command on its errors; payloads have no business in a log of causes. */
function forgetArguments(thrown: unknown): void {
  const command = (thrown as { command?: { args?: unknown } } | null)?.command;
  if (command !== undefined) delete command.args;
}
